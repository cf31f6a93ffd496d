/*
 * valloc aligns to a page; pvalloc rounds the size up to a page as well, and
 * an overflow in that is ENOMEM.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

int main(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t size = 0; size < 5 << 20; size = size * 2 + 1) {
		void *p = valloc(size), *q = pvalloc(size);
		check(p != NULL && is_aligned(p, page));
		check(q != NULL && is_aligned(q, page));
		check(malloc_usable_size(p) >= size);
		const size_t rounded = (size + page - 1) / page * page;
		check(malloc_usable_size(q) >= rounded);
		memset(q, 1, rounded);
		free(p);
		free(q);
	}
	for (size_t size = SIZE_MAX - 2 * page; size != 0; size++) {
		errno = 0;
		check(pvalloc(size) == NULL && errno == ENOMEM);
		errno = 0;
		check(valloc(size) == NULL && errno == ENOMEM);
	}
	return 0;
}
