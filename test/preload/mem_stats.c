/*
 * goalloc.h: the numbers follow exactly what a single thread does; without
 * the library the functions are not there and the program runs all the same.
 */
#include <stdlib.h>

#include "include/goalloc.h"
#include "test/preload/check.h"

enum { N = 5000, SIZE = 300, CLASS = 320, LARGE = 100000, NLARGE = 10 };

static struct goalloc_mem_stats a, b;

static int class_of(uint32_t size)
{
	for (int i = 1; i < GOALLOC_NSIZES; i++)
		if (b.by_size[i].size == size)
			return i;
	check(false);
	return -1;
}

static void check_sums(const struct goalloc_mem_stats *s)
{
	uint64_t mallocs = 0, frees = 0;

	for (int i = 0; i < GOALLOC_NSIZES; i++) {
		mallocs += s->by_size[i].mallocs;
		frees += s->by_size[i].frees;
	}
	check_cmp(mallocs, ==, s->mallocs);
	check_cmp(frees, ==, s->frees);
	check_cmp(s->mallocs - s->frees, ==, s->heap_objects);
}

int main(void)
{
	static void *small[N], *large[NLARGE];

	if (goalloc_version == NULL)
		return on_glibc() ? 0 : 1;
	check(strcmp(goalloc_version(), "0.1.0") == 0 ||
		strchr(goalloc_version(), '.') != NULL);

	goalloc_read_mem_stats(&a);
	for (int i = 0; i < N; i++)
		small[i] = malloc(SIZE);
	for (int i = 0; i < NLARGE; i++)
		large[i] = malloc(LARGE);
	for (int i = 0; i < N / 2; i++)
		free(small[i]);
	goalloc_read_mem_stats(&b);

	const int class = class_of(CLASS);
	check_cmp(b.mallocs - a.mallocs, ==, N + NLARGE);
	check_cmp(b.frees - a.frees, ==, N / 2);
	check_cmp(b.by_size[class].mallocs - a.by_size[class].mallocs, ==, N);
	check_cmp(b.by_size[class].frees - a.by_size[class].frees, ==, N / 2);
	check_cmp(b.by_size[0].mallocs - a.by_size[0].mallocs, ==, NLARGE);
	check_cmp(b.alloc - a.alloc, ==, N / 2 * CLASS + NLARGE * 106496);
	check_cmp(
		b.total_alloc - a.total_alloc, ==, N * CLASS + NLARGE * 106496);
	check_cmp(b.heap_objects - a.heap_objects, ==, N / 2 + NLARGE);
	check_sums(&a);
	check_sums(&b);

	for (int i = 0; i < NLARGE; i++)
		free(large[i]);
	for (int i = N / 2; i < N; i++)
		free(small[i]);
	goalloc_read_mem_stats(&b);
	check_cmp(b.mallocs - b.frees, ==, a.mallocs - a.frees);
	check_cmp(b.alloc, ==, a.alloc);
	goalloc_free_os_memory();
	return 0;
}
