/*
 * A program that keeps more than GOMEMLIMIT allows goes on: the collector,
 * whose every cycle finds the memory at its limit again, takes at most half of
 * the processors' time that the program uses, and gets out of the way.
 */
/* open: *, up to 70 percent of the time on a busy machine */
/* cases: small large grown */
/* control: no, it counts time */
/* glibc: no, GOMEMLIMIT means nothing to it */
/* env: GODEBUG=gccheckmark=0,clobberfree=0 GOMEMLIMIT=30MiB GOGC=100 */
/* alone: it compares times */
/* seconds: 120 */
#include <sys/resource.h>
#include <time.h>

#include "test/gc/herd.h"

enum {
	LIVE = 60 << 20, /* twice the limit */
	SECONDS = 6,     /* of work beside it */
	SETTLE = 3,      /* before the limiter is asked to hold: it has a second
			    of each processor to give away first */
};

struct node {
	struct node *next;
	size_t number;
	char rest[];
};

static struct node *live;

static void keep(size_t size, size_t bytes)
{
	const size_t n = bytes / size;

	for (size_t i = 0; i < n; i++) {
		struct node *p = malloc(size);
		check(p != NULL);
		memset(p, 0, size);
		p->next = live;
		p->number = i;
		live = p;
	}
}

static void check_live(size_t size)
{
	size_t i = LIVE / size;

	for (const struct node *p = live; p != NULL; p = p->next)
		check(p->number == --i);
	check_cmp(i, ==, 0);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	check(clock_gettime(clock, &t) == 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the program does: it fills objects and drops them. */
static void work(size_t size)
{
	for (int i = 0; i < 100; i++) {
		char *p = malloc(size);
		check(p != NULL);
		memset(p, 0x11, size);
		opaque(p);
		if (!gc_is_on())
			free(p);
	}
}

static size_t rounds; /* of work, the last time */

/* CPU time of other threads than this one, per CPU time of the process. */
static double share_of_others(double length, size_t size)
{
	const double until = seconds(CLOCK_MONOTONIC) + length;
	const double process = seconds(CLOCK_PROCESS_CPUTIME_ID);
	const double own = seconds(CLOCK_THREAD_CPUTIME_ID);
	size_t nrounds = 0;

	while (seconds(CLOCK_MONOTONIC) < until) {
		work(size);
		nrounds++;
	}
	rounds = nrounds;
	const double all = seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
	return 1 - (seconds(CLOCK_THREAD_CPUTIME_ID) - own) / all;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "small";
	const size_t size = strcmp(what, "large") == 0 ? 200000 : 200;

	herd_start();
	if (strcmp(what, "grown") == 0) /* it fits at first */
		keep(size, LIVE / 4);
	keep(size, LIVE / size * size - (strcmp(what, "grown") == 0
							? LIVE / 4 / size * size
							: 0));
	share_of_others(SETTLE, size);
	const double share = share_of_others(SECONDS, size);
	if (gc_is_on())
		check_cmp(share * 100, <=, 55);
	check_cmp(rounds, >=, 20);
	if (strcmp(what, "grown") != 0)
		check_live(size);
	return 0;
}
