/*
 * treewait: how long single calls of malloc take while trees are replaced.
 *
 *	treewait NREPLACED
 *
 * Prints calls, and in ns the median, the 99.99th percentile and the longest.
 * Times come from the processor's counter, calibrated against the clock, and
 * go into buckets of a 32nd of their size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "../load/tree.h"

enum { WAIT_BUCKETS = 64 * 32 };

static uint64_t buckets[WAIT_BUCKETS];
static uint64_t longest;

static uint64_t ticks(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
#endif
}

static double clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static unsigned bucket_of(uint64_t n)
{
	if (n < 32)
		return (unsigned)n;
	const unsigned top = 63 - (unsigned)__builtin_clzll(n);
	return (top - 4) * 32 + (unsigned)(n >> (top - 5) & 31);
}

/* The least number of its bucket. */
static uint64_t bucket_floor(unsigned bucket)
{
	if (bucket < 64)
		return bucket;
	return (uint64_t)(32 + bucket % 32) << (bucket / 32 - 1);
}

static void *timed_alloc(size_t size)
{
	const uint64_t begin = ticks();
	void *p = malloc(size);
	const uint64_t took = ticks() - begin;

	if (p == NULL)
		exit(1);
	buckets[bucket_of(took)]++;
	if (took > longest)
		longest = took;
	return p;
}

static uint64_t quantile(uint64_t total, double fraction)
{
	const double wanted = (double)total * fraction;
	uint64_t seen = 0;

	for (unsigned i = 0; i < WAIT_BUCKETS; i++) {
		seen += buckets[i];
		if ((double)seen >= wanted)
			return bucket_floor(i);
	}
	return longest;
}

int main(int argc, char **argv)
{
	static struct tree *live[TREE_LIVE];
	uint64_t total = 0, sum;

	if (argc != 2) {
		fputs("usage: treewait NREPLACED\n", stderr);
		return 1;
	}
	const double ns_begin = clock_ns();
	const uint64_t ticks_begin = ticks();
	for (size_t i = 0; i < TREE_LIVE; i++)
		live[i] = tree_new(TREE_LEVELS, i, timed_alloc);
	sum = tree_replace(
		live, TREE_LIVE, strtoul(argv[1], NULL, 10), timed_alloc);
	const double scale =
		(clock_ns() - ns_begin) / (double)(ticks() - ticks_begin);
	for (unsigned i = 0; i < WAIT_BUCKETS; i++)
		total += buckets[i];
	printf("%" PRIu64 " %.0f %.0f %.0f\n", total,
		(double)quantile(total, 0.5) * scale,
		(double)quantile(total, 0.9999) * scale,
		(double)longest * scale);
	return sum == 0;
}
