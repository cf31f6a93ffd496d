/*
 * malloc_usable_size: 0 for NULL, else at least what was asked for, and all
 * of it belongs to the object: neighbours are not disturbed.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { KEEP = 10 };

static void check_size(size_t size)
{
	void *p[KEEP];

	for (int i = 0; i < KEEP; i++) {
		p[i] = malloc(size);
		check_cmp(malloc_usable_size(p[i]), >=, size);
		fill(p[i], malloc_usable_size(p[i]), (unsigned)i);
	}
	for (int i = 0; i < KEEP; i++)
		check(is_filled(p[i], malloc_usable_size(p[i]), (unsigned)i));
	for (int i = 0; i < KEEP; i++)
		free(p[i]);
}

int main(void)
{
	check(malloc_usable_size(NULL) == 0);
	for (size_t size = 0; size <= 2100; size++)
		check_size(size);
	for (size_t size = 2100; size <= 1 << 20; size += size / 7)
		check_size(size);
	return 0;
}
