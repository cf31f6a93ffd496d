/*
 * A program that leaks 10 MB a second, for two minutes (100 MB for a moment
 * in the short run), stays under its goal: what it has in use never exceeds
 * what the collector promised, nor does what is resident exceed that by much.
 */
/* control: no, everything but a list of known size is lost */
/* env: GODEBUG=gccheckmark=0 */
/* seconds: 150 */
#include <time.h>

#include "test/gc/herd.h"

enum {
	LIVE = 8 << 20,
	LIVE_SIZE = 1000,
	STEPS = 100, /* a second */
};

struct live {
	struct live *next;
	char rest[LIVE_SIZE - sizeof(void *)];
};

static struct live *first;
static size_t leaked;

static void build_live(void)
{
	for (int i = 0; i < LIVE / LIVE_SIZE; i++) {
		struct live *l = malloc(sizeof *l);
		check(l != NULL);
		memset(l->rest, i & 0x7f, sizeof l->rest);
		l->next = first;
		first = l;
	}
}

static void check_live(void)
{
	int i = LIVE / LIVE_SIZE;

	for (const struct live *l = first; l != NULL; l = l->next) {
		i--;
		check(l->rest[0] == (char)(i & 0x7f) &&
			l->rest[sizeof l->rest - 1] == l->rest[0]);
	}
	check_cmp(i, ==, 0);
}

/* Small objects that point to each other, and a large one now and then. */
__attribute__((noinline)) static void leak(size_t bytes)
{
	void **last = NULL;

	for (size_t n = 0; n < bytes;) {
		const size_t size = leaked % 64 == 0
					    ? 50000
					    : 16 + (leaked * 40503 >> 4) % 500;
		void **p = malloc(size);
		check(p != NULL);
		memset(p, 0x33, size);
		*p = last;
		last = p;
		n += size;
		leaked++;
	}
}

static void check_goal(void)
{
	static struct goalloc_mem_stats stats;

	goalloc_read_mem_stats(&stats);
	check_cmp(stats.next_gc, >, 0);
	check_cmp(stats.next_gc, <, LIVE * 6);
	check_cmp(stats.heap_alloc, <=,
		stats.next_gc + stats.next_gc / 10 + (1 << 20));
	check_cmp(rss_kib() * 1024, <=,
		stats.next_gc + stats.next_gc / 4 + (24 << 20));
}

int main(void)
{
	const bool is_long = getenv("GOALLOC_TEST_LONG") != NULL;
	const int nsteps = is_long ? 120 * STEPS : STEPS;
	const size_t rate = is_long ? 10000000 : 100000000;

	herd_start();
	build_live();
	scrub();
	for (int i = 0; i < nsteps; i++) {
		const struct timespec pause = {.tv_nsec = 1000000000 / STEPS};
		leak(rate / STEPS);
		if (gc_is_on() && i % 10 == 9)
			check_goal();
		if (gc_is_on() && is_long)
			clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	check_live();
	if (gc_is_on())
		check_cmp(gc_cycles_done() - herd_cycles, >=, 3);
	return 0;
}
