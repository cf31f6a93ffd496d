/*
 * eintr: calls that wait, made while a collection begins every 10 ms.
 *
 * Every call of a table runs in a thread of its own, all at the same time, so
 * that the whole table takes as long as the longest.  A call must end as it
 * does without a collector: not with EINTR, not before its time, and not more
 * than EINTR_SLACK behind it.  What waits for an event gets it when all have
 * waited for EINTR_TIME.
 *
 * A program may name one call as its argument, to run that alone.
 */
#ifndef TEST_GC_EINTR_H
#define TEST_GC_EINTR_H

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "test/gc/herd.h"

enum {
	EINTR_TIME = 300,  /* ms that a call waits */
	EINTR_SLACK = 200, /* ms that it may be late, on a busy machine */
	EINTR_EARLY = 2,   /* ms: clocks of different resolution */
	EINTR_PERIOD = 10, /* ms between collections */
	EINTR_MOST = 64,   /* calls */
};

struct call;

/* What a call and its waker share. */
struct waiting {
	const struct call *call;
	int fd[2];
	sem_t sem;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_t thread; /* that makes the call */
	long result;      /* 0, or what was wrong with how it ended */
	int error;        /* errno then */
	double begin;     /* on the clock; 0 before */
	double ms;        /* it took */
	void *extra;
};

struct call {
	const char *name;
	void (*set_up)(struct waiting *w); /* or NULL */
	long (*run)(struct waiting *w);    /* 0: it ended as it should */
	void (*wake)(struct waiting *w);   /* or NULL: it has a timeout */
	int ms;                            /* it takes; 0: EINTR_TIME */
};

static bool eintr_stop;
static double eintr_woken; /* when the events began to come */

static inline double eintr_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* EINTR_TIME as the calls want it; on a clock, from now on. */
static inline struct timespec eintr_span(void)
{
	return (struct timespec){.tv_nsec = EINTR_TIME * 1000000};
}

static inline struct timespec eintr_until(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += EINTR_TIME * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static inline struct timeval eintr_timeval(void)
{
	return (struct timeval){.tv_usec = EINTR_TIME * 1000};
}

/* 0 if a call failed as it should at its timeout. */
static inline long eintr_failed_with(long result, int error)
{
	return result == -1 && errno == error ? 0 : result == -1 ? -1 : 1;
}

static void *eintr_collect(void *arg)
{
	while (!flag_is_set(&eintr_stop)) {
		const struct timespec period = {
			.tv_nsec = EINTR_PERIOD * 1000000};
		gc_now();
		clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
	}
	return arg;
}

static void *eintr_run_call(void *arg)
{
	struct waiting *w = arg;
	double begin = eintr_now();

	__atomic_store(&w->begin, &begin, __ATOMIC_SEQ_CST);
	errno = 0;
	w->result = w->call->run(w);
	w->error = errno;
	w->ms = eintr_now() - begin;
	return NULL;
}

static inline int eintr_judge(const struct waiting *w)
{
	const int ms = w->call->ms > 0 ? w->call->ms : EINTR_TIME;
	const double due = w->call->wake != NULL ? eintr_woken : w->begin + ms;
	const char *why = NULL;

	if (w->result != 0)
		why = "failed";
	else if (w->ms < ms - EINTR_EARLY)
		why = "ended early";
	else if (w->begin + w->ms > due + EINTR_SLACK)
		why = "ended late";
	if (why != NULL)
		dprintf(2, "%s %s: result %ld, errno %d, %.1f ms\n",
			w->call->name, why, w->result, w->error, w->ms);
	return why != NULL;
}

static inline void eintr_begin(struct waiting *w, const struct call *call)
{
	w->call = call;
	check(sem_init(&w->sem, 0, 0) == 0);
	check(pthread_mutex_init(&w->mutex, NULL) == 0);
	check(pthread_cond_init(&w->cond, NULL) == 0);
	if (call->set_up != NULL)
		call->set_up(w);
	check(pthread_create(&w->thread, NULL, eintr_run_call, w) == 0);
}

/* When EINTR_TIME is over for all n calls. */
static inline double eintr_end(struct waiting *w, int n)
{
	double last = 0, begin;

	for (int i = 0; i < n; i++) {
		do {
			usleep(1000);
			__atomic_load(&w[i].begin, &begin, __ATOMIC_SEQ_CST);
		} while (begin <= 0);
		last = begin > last ? begin : last;
	}
	return last + EINTR_TIME + EINTR_EARLY;
}

/* Runs a table; returns main's status. */
static inline int eintr_run(const struct call *calls, int n, const char *only)
{
	static struct waiting waiting[EINTR_MOST];
	pthread_t collector;
	int nwrong = 0, nrun = 0;

	herd_start();
	check(pthread_create(&collector, NULL, eintr_collect, NULL) == 0);
	for (int i = 0; i < n; i++)
		if (only == NULL || strcmp(only, calls[i].name) == 0)
			eintr_begin(&waiting[nrun++], &calls[i]);
	for (const double end = eintr_end(waiting, nrun); eintr_now() < end;)
		usleep(1000);
	eintr_woken = eintr_now();
	for (int i = 0; i < nrun; i++)
		if (waiting[i].call->wake != NULL)
			waiting[i].call->wake(&waiting[i]);
	for (int i = 0; i < nrun; i++)
		check(pthread_join(waiting[i].thread, NULL) == 0);
	for (int i = 0; i < nrun; i++)
		nwrong += eintr_judge(&waiting[i]);
	flag_set(&eintr_stop, true);
	check(pthread_join(collector, NULL) == 0);
	check(nrun > 0);
	if (gc_is_on())
		check_cmp(gc_cycles_done() - herd_cycles, >=, 10);
	return nwrong > 0;
}

#endif
