/*
 * More than PTRDIFF_MAX bytes: NULL and ENOMEM from every function, for every
 * way to split such a size over the two factors of calloc and reallocarray.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static void *block; /* what the realloc family is given; stays as it is */

static void expect_enomem(void *p)
{
	check(p == NULL && errno == ENOMEM);
	errno = 0;
}

static void try_factors(size_t a, size_t b)
{
	expect_enomem(calloc(a, b));
	expect_enomem(calloc(b, a));
	expect_enomem(reallocarray(block, a, b));
	expect_enomem(reallocarray(block, b, a));
	expect_enomem(reallocarray(NULL, a, b));
}

static void try_size(size_t size)
{
	void *p = block;

	expect_enomem(malloc(size));
	expect_enomem(realloc(block, size));
	expect_enomem(realloc(NULL, size));
	expect_enomem(calloc(1, size));
	expect_enomem(calloc(size, 1));
	for (size_t align = 1; align <= 1 << 20; align *= 4) {
		expect_enomem(memalign(align, size));
		expect_enomem(aligned_alloc(align, size));
		if (align >= sizeof(void *))
			check(posix_memalign(&p, align, size) == ENOMEM);
	}
	check(p == block);
	expect_enomem(valloc(size));
	expect_enomem(pvalloc(size));

	for (size_t n = 2; n != 0; n *= 2)
		try_factors(n, size / n + 1);
}

int main(void)
{
	const size_t half = (size_t)PTRDIFF_MAX;

	block = malloc(100);
	fill(block, 100, 1);
	errno = 0;
	for (size_t i = 1; i < 20; i++)
		try_size(half + i);
	for (size_t i = 0; i < 20; i++)
		try_size(SIZE_MAX - i);
	for (size_t bit = 1; bit < half; bit *= 2) {
		try_size(half + bit);
		try_size(SIZE_MAX - bit);
	}
	for (size_t n = (size_t)1 << 33; n != 0; n *= 2) {
		try_factors(n, n); /* 2^66 and more: the product wraps */
		try_factors(n, SIZE_MAX);
	}
	check(is_filled(block, 100, 1));
	free(block);
	return 0;
}
