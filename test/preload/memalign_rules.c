/*
 * memalign rounds an alignment up to a power of two, as glibc does; above the
 * greatest power of two it is EINVAL.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static size_t round_up(size_t align)
{
	size_t power = 1;

	while (power < align)
		power *= 2;
	return power;
}

int main(void)
{
	for (size_t align = 0; align <= 5000; align++)
		for (size_t size = 1; size < 20000; size = size * 20 + 7) {
			void *p = memalign(align, size);
			check(p != NULL && is_aligned(p, round_up(align)));
			free(p);
		}
	for (size_t i = 0; i < 32; i++) {
		const size_t align = SIZE_MAX / 2 + 2 + (i << 58);
		errno = 0;
		check(memalign(align, 1) == NULL && errno == EINVAL);
	}
	errno = 0;
	check(memalign(SIZE_MAX / 2 + 1, 1) == NULL && errno == ENOMEM);
	return 0;
}
