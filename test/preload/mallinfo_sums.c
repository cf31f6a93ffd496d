/*
 * mallinfo2 and mallinfo describe this heap: they follow what is allocated
 * and freed, and the parts add up.
 */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* mallinfo */

enum { NSMALL = 40000, SMALL = 112, NLARGE = 20, LARGE = 1 << 20 };

static void check_sums(const struct mallinfo2 *m)
{
	check_cmp(m->arena, ==, m->uordblks + m->fordblks);
	check_cmp(m->keepcost, <=, m->fordblks);
}

/* a - b is n bytes, and no more than 10 % and 64 KiB over it. */
static void check_difference(size_t a, size_t b, size_t n)
{
	check_cmp(a - b, >=, n);
	check_cmp(a - b, <=, n + n / 10 + 65536);
}

int main(void)
{
	static void *small[NSMALL], *large[NLARGE];
	const struct mallinfo2 m0 = mallinfo2();

	for (int i = 0; i < NSMALL; i++)
		small[i] = malloc(SMALL);
	for (int i = 0; i < NLARGE; i++)
		large[i] = malloc(LARGE);
	const struct mallinfo2 m1 = mallinfo2();
	const struct mallinfo old = mallinfo();
	for (int i = 0; i < NSMALL; i++)
		free(small[i]);
	for (int i = 0; i < NLARGE; i++)
		free(large[i]);
	const struct mallinfo2 m2 = mallinfo2();

	if (on_glibc()) /* it adapts its threshold and counts otherwise */
		return 0;
	check_sums(&m0);
	check_sums(&m1);
	check_sums(&m2);
	check_difference(m1.uordblks, m0.uordblks, (size_t)NSMALL * SMALL);
	check_difference(m1.hblkhd, m0.hblkhd, (size_t)NLARGE * LARGE);
	check_cmp(m1.hblks - m0.hblks, ==, NLARGE);
	check_cmp(m2.uordblks, <=, m0.uordblks + 4096);
	check_cmp(m2.hblks, ==, m0.hblks);
	check_cmp((size_t)old.uordblks, ==, m1.uordblks);
	check_cmp((size_t)old.hblks, ==, m1.hblks);

	void *huge = malloc(3UL << 30);
	check(huge != NULL && mallinfo().hblkhd == INT_MAX);
	check_difference(mallinfo2().hblkhd, m0.hblkhd, 3UL << 30);
	free(huge);
	return 0;
}
