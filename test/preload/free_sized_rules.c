/*
 * C23's free_sized and free_aligned_sized free an object of the size that was
 * asked for last, by realloc too; NULL is no object.
 */
/* glibc: no, it has these functions since 2.43 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

void free_sized(void *p, size_t size) __attribute__((weak));
void free_aligned_sized(void *p, size_t align, size_t size)
	__attribute__((weak));

static void check_aligned(size_t align, size_t size)
{
	void *p = aligned_alloc(align, size);

	check(p != NULL);
	free_aligned_sized(p, align, size);
}

int main(void)
{
	errno = 4711;
	free_sized(NULL, 0);
	free_sized(NULL, 100);
	free_aligned_sized(NULL, 0, 0);
	free_aligned_sized(NULL, 64, 100);

	for (size_t size = 0; size < 300000; size += size / 20 + 1) {
		free_sized(malloc(size), size);
		free_sized(calloc(1, size), size);
		for (size_t to = 1; to < 300000; to = to * 4 + 1)
			free_sized(realloc(malloc(size), to), to);
		for (size_t align = 8; align <= 1 << 16; align *= 4)
			check_aligned(align, size);
	}
	check(errno == 4711);

	/* Nothing leaks: 20 GiB in all. */
	for (int i = 0; i < 20000; i++) {
		char *p = malloc(1 << 20);
		p[0] = p[1 << 19] = 1;
		free_sized(p, 1 << 20);
	}
	check_cmp(rss_kib(), <, 100000);
	return 0;
}
