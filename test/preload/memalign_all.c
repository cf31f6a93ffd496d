/*
 * memalign, aligned_alloc and posix_memalign give every alignment up to 1 MiB
 * for sizes around every power of two, and the whole object may be written.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { LARGEST_ALIGN = 1 << 20, LARGEST_SIZE = 1 << 21, KEEP = 3 };

static void *alloc(int kind, size_t align, size_t size)
{
	void *p = NULL;

	if (kind == 0)
		return memalign(align, size);
	if (kind == 1)
		return aligned_alloc(align, size);
	if (align < sizeof(void *))
		return malloc(size);
	check(posix_memalign(&p, align, size) == 0);
	return p;
}

static void check_one(size_t align, size_t size)
{
	unsigned char *p[KEEP];

	for (int i = 0; i < KEEP; i++) {
		p[i] = alloc(i, align, size);
		check(p[i] != NULL && is_aligned(p[i], align));
		check(malloc_usable_size(p[i]) >= size);
		if (size > 0)
			p[i][0] = p[i][size - 1] = (unsigned char)(i + 1);
	}
	for (int i = 0; i < KEEP; i++) {
		check(size == 0 || p[i][0] == i + 1);
		check(size == 0 || p[i][size - 1] == i + 1);
		free(p[i]);
	}
}

int main(void)
{
	for (size_t align = 1; align <= LARGEST_ALIGN; align *= 2) {
		check_one(align, 0);
		for (size_t size = 1; size <= LARGEST_SIZE; size *= 2) {
			check_one(align, size - 1);
			check_one(align, size);
			check_one(align, size + size / 2 + 1);
		}
	}
	return 0;
}
