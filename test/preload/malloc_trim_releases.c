/*
 * malloc_trim gives free memory back at once and says whether it gave any;
 * goalloc_free_os_memory does the same.
 */
/* case: malloc_trim exit 0 */
/* case: free_os_memory exit 0 */
#include <malloc.h>
#include <stdlib.h>

#include "include/goalloc.h"
#include "test/preload/check.h"

enum { NOBJECTS = 100000, SIZE = 1000 };

int main(int argc, char **argv)
{
	static char *objects[NOBJECTS];

	check(argc == 2);
	const bool trim = strcmp(argv[1], "malloc_trim") == 0 || on_glibc();
	for (int i = 0; i < NOBJECTS; i++) {
		objects[i] = malloc(SIZE);
		memset(objects[i], 1, SIZE);
	}
	const long before = rss_kib();
	for (int i = 0; i < NOBJECTS; i++)
		free(objects[i]);
	if (trim)
		check_cmp(malloc_trim(0), ==, 1);
	else
		goalloc_free_os_memory();
	check_cmp(rss_kib(), <, before - 80000);
	if (trim && !on_glibc()) {
		malloc_trim(0);
		check_cmp(malloc_trim(0), ==, 0);
	}
	return 0;
}
