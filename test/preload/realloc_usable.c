/* realloc to no more than malloc_usable_size does not move the block. */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static void check_size(size_t size)
{
	void *p = malloc(size);
	const size_t usable = malloc_usable_size(p);

	check(usable >= size);
	fill(p, usable, (unsigned)size);
	if (usable > 0)
		check(realloc(p, usable) == p);
	check(malloc_usable_size(p) >= usable);
	check(is_filled(p, usable, (unsigned)size));
	free(p);
}

int main(void)
{
	for (size_t size = 1; size <= 3000; size++)
		check_size(size);
	/* glibc's mmapped blocks may move. */
	const size_t largest = on_glibc() ? 100000 : 16 << 20;
	for (size_t size = 3000; size <= largest; size += size / 5)
		check_size(size);
	return 0;
}
