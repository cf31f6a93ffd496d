/*
 * markcost: what marking costs an object, against a load from memory.
 *
 *	markcost MIB
 *
 * Builds MIB of 64-byte objects with two pointers each, one along a random
 * cycle through all of them and one to an object drawn at random.  Prints
 *
 *	objects, ns of a load from a random object where no load waits for
 *	another, ns of CPU an object in a collection with all of them live, and
 *	how many objects are left two collections after the last pointer went
 *
 * The loads are timed on the same objects in the same order of magnitude of
 * time as the collections; the least of three counts for both.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../../include/goalloc.h"
#include "../draw.h"

enum { COST_ROUNDS = 3, COST_LOADS = 1 << 22 };

struct object {
	struct object *to[2];
	uint64_t rest[6];
};

_Static_assert(sizeof(struct object) == 64, "the bench is about 64 bytes");

static double cpu_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Outside the heap, so that it can go without a trace. */
static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static void shuffle(struct object **table, size_t n, struct draw *d)
{
	for (size_t i = n - 1; i > 0; i--) {
		const size_t j = draw_range(d, 0, i);
		struct object *const o = table[i];
		table[i] = table[j];
		table[j] = o;
	}
}

static void build(struct object **table, size_t n, struct draw *d)
{
	for (size_t i = 0; i < n; i++) {
		table[i] = calloc(1, sizeof(struct object));
		if (table[i] == NULL)
			exit(1);
	}
	shuffle(table, n, d);
	for (size_t i = 0; i < n; i++) {
		table[i]->to[0] = table[(i + 1) % n];
		table[i]->to[1] = table[draw_below(d, (uint32_t)n)];
		table[i]->rest[0] = i;
	}
}

/* The table's order is random, and known long before each load. */
static double load_cost(struct object **table, size_t n, uint64_t *sum)
{
	const size_t nloads = n < COST_LOADS ? n : COST_LOADS;
	const double begin = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

	for (size_t i = 0; i < nloads; i++)
		*sum += table[i]->rest[0];
	return (cpu_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / (double)nloads;
}

static double mark_cost(size_t n)
{
	const double begin = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);

	goalloc_gc();
	return (cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - begin) / (double)n;
}

static uint64_t objects_alive(void)
{
	static struct goalloc_mem_stats stats;

	goalloc_read_mem_stats(&stats);
	return stats.heap_objects;
}

int main(int argc, char **argv)
{
	struct draw d = {3};
	double load = 1e9, mark = 1e9;
	uint64_t sum = 0;

	if (argc != 2 || goalloc_gc == NULL) {
		fputs("usage: markcost MIB, under the library\n", stderr);
		return 1;
	}
	const size_t n =
		(strtoul(argv[1], NULL, 10) << 20) / sizeof(struct object);
	struct object **table = map(n * sizeof *table);
	const uint64_t before = objects_alive();
	build(table, n, &d);
	for (int i = 0; i < COST_ROUNDS; i++) {
		const double ns = load_cost(table, n, &sum);
		load = ns < load ? ns : load;
	}
	struct object *volatile root = table[0];
	munmap(table, n * sizeof *table);
	for (int i = 0; i < COST_ROUNDS; i++) {
		const double ns = mark_cost(n);
		mark = ns < mark ? ns : mark;
	}
	sum += root->rest[0];
	root = NULL;
	goalloc_gc();
	goalloc_gc();
	printf("%zu %.2f %.2f %" PRIu64 "\n", n, load, mark,
		objects_alive() - before);
	return sum == 0;
}
