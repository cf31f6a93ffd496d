/*
 * aligned_alloc takes any power of two, 1 included, and any size, a multiple
 * or not; NULL and EINVAL for everything else.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

int main(void)
{
	const size_t bad[] = {0, 3, 5, 6, 12, 24, 4095, 4097, SIZE_MAX,
		SIZE_MAX / 2, SIZE_MAX / 2 + 2};
	/* glibc 2.36 rounds up as memalign does; C17 says NULL. */
	const bool strict = !on_glibc();

	for (size_t i = 0; strict && i < sizeof bad / sizeof bad[0]; i++) {
		errno = 0;
		check(aligned_alloc(bad[i], 64) == NULL && errno == EINVAL);
	}
	for (size_t align = 1; align <= 1 << 22; align *= 2)
		for (size_t size = 1; size < 100000; size = size * 3 + 5) {
			void *p = aligned_alloc(align, size);
			check(p != NULL && is_aligned(p, align));
			check(malloc_usable_size(p) >= size);
			free(p);
		}
	errno = 0;
	check(aligned_alloc(SIZE_MAX / 2 + 1, 1) == NULL && errno != 0);
	return 0;
}
