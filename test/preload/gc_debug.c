/*
 * goalloc.h, the collector's part: settings that are taken back as they were
 * given, collections that are asked for and counted, and pauses that agree
 * with each other.  Without GOGC there is no collector, and all says so.
 */
/* case: none exit 0 */
/* case: none GOGC=off GOMEMLIMIT=1GiB exit 0 */
/* case: with GOGC=100 exit 0 */
/* case: limited GOGC=200 GOMEMLIMIT=1GiB exit 0 */
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "include/goalloc.h"
#include "test/preload/check.h"

enum {
	NFORCED = 3,
	NQUANTILES = 5,
	NLOOPS = 200000, /* allocations of NBYTES that are garbage */
	NBYTES = 1000,
	SECOND_NS = 1000000000,
};

static struct goalloc_mem_stats mem;
static struct goalloc_gc_stats gc;
static uint64_t quantiles[NQUANTILES];

static uint64_t now_ns(void)
{
	struct timespec now;

	check(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void read_all(void)
{
	memset(&mem, 0xff, sizeof mem);
	memset(&gc, 0xff, sizeof gc);
	memset(quantiles, 0xff, sizeof quantiles);
	goalloc_read_gc_stats(&gc, quantiles, NQUANTILES);
	goalloc_read_mem_stats(&mem);
}

/* What the two functions tell is the same, and consistent in itself. */
static void check_agree(void)
{
	uint64_t sum = 0, least = UINT64_MAX, most = 0;

	check_cmp(mem.num_gc, ==, gc.num_gc);
	check_cmp(mem.last_gc, ==, gc.last_gc);
	check_cmp(mem.pause_total_ns, ==, gc.pause_total_ns);
	check_cmp(gc.npauses, ==, gc.num_gc < 256 ? gc.num_gc : 256);
	for (uint32_t i = 0; i < gc.npauses; i++) {
		const uint64_t at = (mem.num_gc + 255 - i) % 256;
		check_cmp(gc.pause_ns[i], ==, mem.pause_ns[at]);
		check_cmp(gc.pause_end[i], ==, mem.pause_end[at]);
		if (i > 0)
			check_cmp(gc.pause_end[i], <=, gc.pause_end[i - 1]);
		sum += gc.pause_ns[i];
		least = gc.pause_ns[i] < least ? gc.pause_ns[i] : least;
		most = gc.pause_ns[i] > most ? gc.pause_ns[i] : most;
	}
	if (gc.num_gc <= 256)
		check_cmp(sum, ==, gc.pause_total_ns);
	check_cmp(quantiles[0], ==, gc.npauses > 0 ? least : 0);
	check_cmp(quantiles[NQUANTILES - 1], ==, most);
	for (int i = 1; i < NQUANTILES; i++)
		check_cmp(quantiles[i - 1], <=, quantiles[i]);
}

static void check_none(void)
{
	check_cmp(goalloc_set_gc_percent(50), ==, -1);
	check_cmp(goalloc_set_gc_percent(-1), ==, -1);
	check_cmp(goalloc_set_memory_limit(1 << 30), ==, INT64_MAX);
	check_cmp(goalloc_set_memory_limit(-1), ==, INT64_MAX);
	goalloc_gc();
	read_all();
	check_agree();
	check_cmp(gc.num_gc, ==, 0);
	check_cmp(gc.last_gc, ==, 0);
	check_cmp(mem.num_forced_gc, ==, 0);
	check_cmp(mem.next_gc, ==, 0);
	check_cmp(mem.enable_gc, ==, 0);
	check(mem.gc_cpu_fraction == 0);
}

static void check_settings(int percent, int64_t limit)
{
	check_cmp(goalloc_set_gc_percent(400), ==, percent);
	check_cmp(goalloc_set_gc_percent(-7), ==, 400);
	check_cmp(goalloc_set_gc_percent(percent), ==, -1);
	check_cmp(goalloc_set_memory_limit(-1), ==, limit);
	check_cmp(goalloc_set_memory_limit(INT64_C(1) << 40), ==, limit);
	check_cmp(goalloc_set_memory_limit(limit), ==, INT64_C(1) << 40);
	check_cmp(goalloc_set_memory_limit(-1), ==, limit);
}

/* The next goal follows the settings at once. */
static void check_goal_follows(int percent, int64_t limit)
{
	goalloc_set_gc_percent(100);
	read_all();
	const uint64_t at_100 = mem.next_gc;
	goalloc_set_gc_percent(300);
	read_all();
	check_cmp(mem.next_gc, >, at_100);
	goalloc_set_gc_percent(-1);
	goalloc_set_memory_limit(INT64_MAX);
	read_all();
	check(mem.next_gc == UINT64_MAX);
	goalloc_set_memory_limit(200 << 20);
	read_all();
	check_cmp(mem.next_gc, <, 200 << 20);
	goalloc_set_memory_limit(limit);
	goalloc_set_gc_percent(percent);
}

/* Garbage starts collections, unless GOGC is off. */
static void allocate_garbage(void)
{
	for (int i = 0; i < NLOOPS; i++) {
		char *p = malloc(NBYTES);
		check(p != NULL);
		p[0] = 1;
		free(p);
	}
}

/* A child has had no collection yet, and has its own from then on. */
static void check_child(void)
{
	int status = -1;
	const pid_t child = fork();

	check(child >= 0);
	if (child == 0) {
		read_all();
		check_agree();
		check_cmp(gc.num_gc, ==, 0);
		goalloc_gc();
		read_all();
		check_agree();
		check_cmp(gc.num_gc, ==, 1);
		check_cmp(mem.num_forced_gc, ==, 1);
		_exit(0);
	}
	check(waitpid(child, &status, 0) == child);
	check_cmp(status, ==, 0);
}

static void check_with(int percent, int64_t limit)
{
	check_settings(percent, limit);
	goalloc_set_gc_percent(-1);
	const uint64_t before = now_ns();
	read_all();
	const uint64_t n = gc.num_gc, forced = mem.num_forced_gc;
	for (int i = 0; i < NFORCED; i++)
		goalloc_gc();
	read_all();
	check_agree();
	check_cmp(gc.num_gc, >=, n + NFORCED);
	check_cmp(mem.num_forced_gc, ==, forced + NFORCED);
	check_cmp(gc.last_gc, >=, before);
	check_cmp(gc.last_gc, <=, now_ns());
	check_cmp(quantiles[0], >, 0);
	check_cmp(mem.enable_gc, ==, 1);
	check(mem.gc_cpu_fraction > 0 && mem.gc_cpu_fraction <= 1);
	check_goal_follows(percent, limit);

	goalloc_set_gc_percent(percent);
	const uint64_t automatic = gc.num_gc;
	allocate_garbage();
	read_all();
	check_agree();
	check_cmp(gc.num_gc, >, automatic);
	check_cmp(mem.num_forced_gc, ==, forced + NFORCED);
	check_child();
}

int main(int argc, char **argv)
{
	if (goalloc_set_gc_percent == NULL)
		return on_glibc() ? 0 : 1;
	check(argc == 2);
	if (strcmp(argv[1], "none") == 0)
		check_none();
	else if (strcmp(argv[1], "with") == 0)
		check_with(100, INT64_MAX);
	else
		check_with(200, 1 << 30);
	return 0;
}
