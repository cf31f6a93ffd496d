/*
 * stw_world.h: what the tests of stw_threads_test and stw_process_test share:
 * threads that are told what to do, and a stop in which none may move.
 */
#ifndef GOALLOC_TEST_STW_WORLD_H
#define GOALLOC_TEST_STW_WORLD_H

#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "core/atomics.h"
#include "core/syscall.h"
#include "gc/stw.h"
#include "shims/shims.h"
#include "test/unit/unit.h"

enum { TEST_NSTOPS = 100 };

static uint32_t order
	__attribute__((unused)); /* atomic: what threads are told */
static uint64_t nsteps
	__attribute__((unused)); /* atomic: of the thread that must not move */
static uint32_t nready
	__attribute__((unused)); /* atomic: threads that have begun */
static uint32_t nending __attribute__((unused)); /* atomic */

static inline void sleep_us(long us)
{
	const struct timespec t = {us / 1000000, us % 1000000 * 1000};

	syscall4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

static inline void wait_until(const uint32_t *word, uint32_t value)
{
	for (int i = 0; i < 50000 && load_acquire(word) < value; i++)
		sleep_us(100);
	ck_assert_uint_ge(load_acquire(word), value);
}

/* A stop in which nothing moves; false: there was none. */
static inline bool stop_and_look(void)
{
	if (!stw_stop())
		return false;
	const uint64_t before = load_relaxed(&nsteps);
	sleep_us(200);
	const bool moved = load_relaxed(&nsteps) != before;
	stw_start();
	return !moved;
}

static inline void stop_many(int n)
{
	for (int i = 0; i < n; i++) {
		ck_assert_msg(stop_and_look(), "stop %d: thread %d", i,
			(int)stw_read_stats().last_missing);
		sleep_us(200);
	}
}

/* A thread that waits until it is told to end. */
static inline void *sleep_long(void *unused)
{
	fetch_add_relaxed(&nready, 1);
	while (load_relaxed(&order) == 0)
		poll(NULL, 0, 20);
	return unused;
}

#endif
