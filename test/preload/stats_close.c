/*
 * The sum closes: what goalloc_read_mem_stats says the heap and its metadata
 * hold is what the kernel says is resident of their mappings, within 2 %.
 *
 * 200 MiB of objects of all sizes are allocated and touched, some are freed
 * and given back, and after each step the sum
 *
 *   heap_sys - heap_released + the other *_sys
 *
 * is compared with the growth of the process's resident memory.
 */
/* glibc: no, it is about the library's numbers */
#include <stdlib.h>

#include "include/goalloc.h"
#include "test/preload/check.h"

enum { NOBJECTS = 300000, TOTAL = 200 << 20 };

static char *objects[NOBJECTS];
static size_t sizes[NOBJECTS];
static int nobjects;
static unsigned seed = 1;

/* Mostly small, some medium, a few large. */
static size_t next_size(void)
{
	seed = seed * 1103515245 + 12345;
	const unsigned n = seed >> 8;

	if (n % 256 == 0)
		return 40000 + n % 1000000;
	if (n % 16 == 0)
		return 1000 + n % 30000;
	return 1 + n % 900;
}

static uint64_t claimed(void)
{
	static struct goalloc_mem_stats s;

	goalloc_read_mem_stats(&s);
	check(s.sys == s.heap_sys + s.mspan_sys + s.mcache_sys + s.gc_sys +
			       s.other_sys);
	check(s.heap_sys == s.heap_inuse + s.heap_idle);
	check(s.heap_alloc <= s.heap_inuse && s.alloc == s.heap_alloc);
	check(s.heap_released <= s.heap_idle);
	check(s.heap_objects == s.mallocs - s.frees);
	return s.sys - s.heap_released;
}

static uint64_t resident(void)
{
	return (uint64_t)proc_field("/proc/self/smaps_rollup", "Anonymous:")
	       << 10;
}

static void check_sum(uint64_t claimed0, uint64_t resident0)
{
	const int64_t says = (int64_t)(claimed() - claimed0);
	const int64_t is = (int64_t)(resident() - resident0);

	check_cmp(says * 100, <=, is * 102);
	check_cmp(says * 100, >=, is * 98);
}

static void allocate(void)
{
	size_t total = 0;

	while (total < TOTAL && nobjects < NOBJECTS) {
		sizes[nobjects] = next_size();
		objects[nobjects] = malloc(sizes[nobjects]);
		check(objects[nobjects] != NULL);
		memset(objects[nobjects], 1, sizes[nobjects]);
		total += sizes[nobjects++];
	}
	check_cmp(total, >=, TOTAL);
}

static void free_every(int n)
{
	for (int i = 0; i < nobjects; i++)
		if (i % n == 0) {
			free(objects[i]);
			objects[i] = NULL;
		}
}

int main(void)
{
	memset(objects, 1, sizeof objects); /* resident from the start */
	memset(sizes, 1, sizeof sizes);
	free(malloc(100));
	resident();
	const uint64_t claimed0 = claimed(), resident0 = resident();

	allocate();
	check_sum(claimed0, resident0);
	free_every(3);
	check_sum(claimed0, resident0);
	goalloc_free_os_memory();
	check_sum(claimed0, resident0);
	return 0;
}
