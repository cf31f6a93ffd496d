/*
 * realloc keeps the contents from every range of sizes to every other, up and
 * down, for blocks of malloc and of memalign.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static const size_t sizes[] = {1, 8, 9, 16, 24, 100, 1000, 1024, 1025, 4096,
	8192, 10000, 32768, 32769, 40960, 65536, 100000, 131072, 262145,
	1 << 20, (1 << 20) + 1, 3 << 20, 9 << 20};

enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static void check_pair(size_t from, size_t to, bool aligned)
{
	const size_t common = from < to ? from : to;
	void *p = aligned ? memalign(4096, from) : malloc(from);

	check(p != NULL);
	fill(p, from, (unsigned)to);
	p = realloc(p, to);
	check(p != NULL);
	check(is_filled(p, common, (unsigned)to));
	memset(p, 0x5a, to);
	free(p);
}

/* Grown step by step, with other blocks in the way. */
static void check_growth(void)
{
	char *p = malloc(1), *q = malloc(1);
	size_t size = 1;

	*p = *q = 'x';
	while (size < 12 << 20) {
		const size_t more = size + size / 5 + 1;
		p = realloc(p, more);
		q = realloc(q, more);
		check(p != NULL && q != NULL && p != q);
		for (size_t i = size; i < more; i++)
			p[i] = q[i] = 'x';
		size = more;
	}
	for (size_t i = 0; i < size; i++)
		check(p[i] == 'x' && q[i] == 'x');
	free(p);
	free(q);
}

int main(void)
{
	for (int i = 0; i < NSIZES; i++)
		for (int j = 0; j < NSIZES; j++) {
			check_pair(sizes[i], sizes[j], false);
			if (sizes[i] + sizes[j] < 4 << 20)
				check_pair(sizes[i], sizes[j], true);
		}
	check_growth();
	return 0;
}
