/*
 * For at_secure.sh: loads the library by its path; the argument says whether
 * the kernel runs this program as one with more rights than its user.
 */
#include <stdlib.h>
#include <sys/auxv.h>

#include "test/preload/check.h"

int main(int argc, char **argv)
{
	check(argc == 3);
	check_cmp(getauxval(AT_SECURE), ==, strcmp(argv[1], "secure") == 0);

	void *lib = dlopen(argv[2], RTLD_NOW);
	check(lib != NULL);
	void *(*their_malloc)(size_t) = (void *(*)(size_t))dlsym(lib, "malloc");
	void (*their_free)(void *) = (void (*)(void *))dlsym(lib, "free");
	char *p = their_malloc(100);
	check(p != NULL);
	memset(p, 1, 100);
	their_free(p);
	return 0;
}
