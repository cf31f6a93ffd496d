/*
 * pauses: what a thread that never waits sees of collections.
 *
 *	pauses MIB BLOCKED SECONDS
 *
 * MIB of live objects, BLOCKED threads that wait for ever, one that allocates
 * and collects, and one that reads the clock as fast as it can and notes the
 * gaps between two readings.  It asks for real-time priority, so that another
 * thread's turn is no gap; for a tenth of the time it sleeps, which the kernel
 * demands of such a thread.
 *
 * Prints the collections there were, and in us: the median and the 99th
 * percentile of as many of the longest gaps, the longest, then the same three
 * of the pauses as the library noted them.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../include/goalloc.h"
#include "../draw.h"

enum {
	OBJECT_SIZE = 256,
	GAPS_MOST = 1 << 16,
	GAP_NOTED = 5000,  /* ns */
	SPIN_NS = 9000000, /* of each 10 ms */
	SPIN_REST_NS = 1000000,
	GARBAGE = 2000,    /* objects between two collections */
	PERIOD_US = 20000, /* between two collections */
};

struct object {
	struct object *to[2];
	char rest[OBJECT_SIZE - 2 * sizeof(void *)];
};

static uint64_t gaps[GAPS_MOST];
static size_t ngaps;
static bool stop;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool has_ended(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void *spin(void *arg)
{
	const struct sched_param first = {.sched_priority = 1};
	const struct timespec rest = {.tv_nsec = SPIN_REST_NS};

	pthread_setschedparam(pthread_self(), SCHED_FIFO, &first);
	while (!has_ended()) {
		const uint64_t begin = now_ns();
		for (uint64_t last = begin, t; last < begin + SPIN_NS;
			last = t) {
			t = now_ns();
			if (t - last > GAP_NOTED && ngaps < GAPS_MOST)
				gaps[ngaps++] = t - last;
		}
		nanosleep(&rest, NULL);
	}
	return arg;
}

static void *block(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* A graph of n objects, each of which the one before points at. */
static struct object *build(size_t n)
{
	struct draw d = {11};
	struct object *first = NULL, **some = calloc(1024, sizeof *some);

	for (size_t i = 0; i < n; i++) {
		struct object *o = malloc(sizeof *o);
		if (o == NULL)
			exit(1);
		o->to[0] = first;
		o->to[1] = some[draw_below(&d, 1024)];
		some[i % 1024] = first = o;
	}
	free(some);
	return first;
}

/* Changes the live graph and makes garbage, as a program does. */
static void mutate(struct object *first, struct draw *d)
{
	struct object *o = first;

	for (int i = 0; i < GARBAGE; i++) {
		struct object *fresh = malloc(sizeof *fresh);
		if (fresh == NULL)
			exit(1);
		fresh->to[0] = fresh->to[1] = o->to[1];
		o->to[1] = draw_below(d, 4) == 0 ? fresh : o->to[0];
		o = o->to[0] != NULL ? o->to[0] : first;
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

/* Median, 99th percentile and longest of the n longest. */
static void print_longest(uint64_t *ns, size_t nall, size_t n)
{
	qsort(ns, nall, sizeof *ns, compare);
	if (n > nall)
		n = nall;
	if (n == 0)
		printf(" 0 0 0");
	else
		printf(" %.1f %.1f %.1f", (double)ns[n / 2] / 1e3,
			(double)ns[n / 100] / 1e3, (double)ns[0] / 1e3);
}

static void thread_start(void *(*body)(void *))
{
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	if (pthread_create(&id, &attr, body, NULL) != 0)
		exit(1);
}

static void run(struct object *first, double seconds)
{
	static struct goalloc_mem_stats stats;
	const uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
	struct draw d = {7};

	goalloc_read_mem_stats(&stats);
	const uint32_t before = stats.num_gc;
	thread_start(spin);
	while (now_ns() < end) {
		mutate(first, &d);
		goalloc_gc();
		usleep(PERIOD_US);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	usleep(50000);
	goalloc_read_mem_stats(&stats);
	const size_t ncycles = stats.num_gc - before;
	const size_t nkept =
		ncycles < GOALLOC_NPAUSES ? ncycles : GOALLOC_NPAUSES;
	printf("%zu", ncycles);
	print_longest(gaps, ngaps, ncycles);
	print_longest(stats.pause_ns, GOALLOC_NPAUSES, nkept);
	printf("\n");
}

int main(int argc, char **argv)
{
	if (argc != 4 || goalloc_gc == NULL) {
		fputs("usage: pauses MIB BLOCKED SECONDS, under the library\n",
			stderr);
		return 1;
	}
	struct object *first =
		build((strtoul(argv[1], NULL, 10) << 20) / sizeof *first);
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--)
		thread_start(block);
	usleep(100000);
	run(first, strtod(argv[3], NULL));
	return 0;
}
