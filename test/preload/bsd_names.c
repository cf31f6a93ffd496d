/*
 * reallocf frees the block when it fails; malloc_size is malloc_usable_size;
 * malloc_good_size is what malloc_usable_size would be; cfree is free.
 */
/* glibc: no, it has none of these */
/* case: tiny exit 0 */
/* case: untiny GOALLOC=tiny=0 exit 0 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

void *reallocf(void *p, size_t size) __attribute__((weak));
size_t malloc_size(const void *p) __attribute__((weak));
size_t malloc_good_size(size_t size) __attribute__((weak));
void cfree(void *p) __attribute__((weak));

static void check_reallocf(void)
{
	char *p = reallocf(NULL, 100);

	fill(p, 100, 9);
	p = reallocf(p, 70000);
	check(p != NULL && is_filled(p, 100, 9));
	check(reallocf(p, 0) == NULL);
	for (int i = 0; i < 20000; i++) { /* 20 GiB if it did not free */
		p = malloc(1 << 20);
		p[0] = p[1 << 19] = 1;
		errno = 0;
		check(reallocf(p, SIZE_MAX) == NULL && errno == ENOMEM);
	}
	check_cmp(rss_kib(), <, 100000);
}

int main(void)
{
	check_reallocf();
	check(malloc_size(NULL) == 0);
	for (size_t size = 0; size < 5 << 20; size += size / 30 + 1) {
		void *p = malloc(size);
		check_cmp(malloc_size(p), ==, malloc_usable_size(p));
		check_cmp(malloc_good_size(size), ==, malloc_size(p));
		cfree(p);
	}
	check(malloc_good_size(SIZE_MAX) == SIZE_MAX);
	cfree(NULL);
	return 0;
}
