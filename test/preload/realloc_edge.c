/*
 * realloc(NULL, n) is malloc(n), n = 0 included.  realloc(p, 0) frees p and
 * gives NULL, or, asked for by an option, an object of no bytes.
 */
/* case: free exit 0 */
/* case: free_by_name GOALLOC=zero_realloc=free exit 0 */
/* case: alloc GOALLOC=zero_realloc=alloc exit 0 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static void check_null(void)
{
	void *p = realloc(NULL, 0);
	void *q = realloc(NULL, 100);
	void *r = reallocarray(NULL, 0, 0);

	check(p != NULL && q != NULL && r != NULL && p != r);
	check(malloc_usable_size(q) >= 100);
	free(p);
	free(q);
	free(r);
}

/* A leak of every block would show: 200,000 times 64 KiB. */
static void check_frees(void)
{
	for (int i = 0; i < 200000; i++) {
		char *p = malloc(65536);
		check(p != NULL);
		*p = 1;
		errno = 0;
		check(i % 2 ? realloc(p, 0) == NULL
			    : reallocarray(p, 0, 7) == NULL);
		check(errno == 0);
	}
	check_cmp(rss_kib(), <, 100000);
}

static void check_allocs(void)
{
	for (int i = 0; i < 1000; i++) {
		void *p = malloc(1000);
		void *q = realloc(p, 0);
		check(q != NULL);
		void *r = malloc(1);
		check(r != q);
		free(q);
		free(r);
	}
}

int main(int argc, char **argv)
{
	check(argc == 2);
	check_null();
	if (strcmp(argv[1], "alloc") == 0 && !on_glibc())
		check_allocs();
	else
		check_frees();
	return 0;
}
