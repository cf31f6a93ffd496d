/*
 * stw_test: the world stops and starts, whatever its threads are doing.
 *
 * Each case is a way a thread can spend its time.  While the world is stopped
 * a thread's counter must not move; when it runs again, it must.
 *
 * Check takes locks in its assertions: threads count their failures instead,
 * and nothing is asserted while the world is stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/atomics.h"
#include "core/thread.h"
#include "gc/stw.h"
#include "shims/shims.h"
#include "shims/threads.h"
#include "test/unit/unit.h"

enum {
	TEST_NSTOPS = 40,
	TEST_LOOK_US = 300, /* a stop lasts so long */
	TEST_RUN_US = 500,  /* the world runs so long between two */
};

/* One thread of a test. */
struct test_thread {
	pthread_t id;                       /* libc's name */
	void (*step)(struct test_thread *); /* what it does, again and again */
	uint64_t nsteps;                    /* how often; atomic */
	uint32_t tid;                       /* the kernel's; atomic */
	int fds[2];                         /* a pipe */
};

static bool test_ended;      /* atomic: threads return */
static uint32_t test_nwrong; /* atomic: calls that did not do as they should */

static void test_must(bool right)
{
	if (!right)
		fetch_add_relaxed(&test_nwrong, 1);
}

static void test_sleep_us(long us)
{
	const struct timespec ts = {0, us * 1000};

	syscall(SYS_nanosleep, &ts, NULL);
}

static void step_spin(struct test_thread *t)
{
	(void)t;
}

static void step_read(struct test_thread *t)
{
	char c = 0;

	test_must(write(t->fds[1], &c, 1) == 1);
	test_must(read(t->fds[0], &c, 1) == 1);
}

static void step_poll(struct test_thread *t)
{
	struct pollfd fd = {.fd = t->fds[0], .events = POLLIN};

	test_must(poll(&fd, 1, 1) == 0);
}

static void step_sleep(struct test_thread *t)
{
	const struct timespec ts = {0, 200000};

	(void)t;
	test_must(nanosleep(&ts, NULL) == 0);
}

static void step_malloc(struct test_thread *t)
{
	(void)t;
	thread_enter(thread_self());
	for (int i = 0; i < 1000; i++)
		barrier_compiler();
	thread_leave(thread_self());
}

static void step_raw_syscall(struct test_thread *t)
{
	(void)t;
	test_sleep_us(100);
}

static const struct {
	const char *name;
	void (*step)(struct test_thread *);
} steps[] = {
	{"spins", step_spin},
	{"reads", step_read},
	{"polls", step_poll},
	{"sleeps", step_sleep},
	{"is busy", step_malloc},
	{"calls the kernel", step_raw_syscall},
};

static void *test_main(void *arg)
{
	struct test_thread *t = arg;

	store_release(&t->tid, (uint32_t)syscall(SYS_gettid));
	while (!load_relaxed(&test_ended)) {
		t->step(t);
		store_relaxed(&t->nsteps, t->nsteps + 1);
	}
	return t;
}

static void test_start(
	struct test_thread *t, void (*step)(struct test_thread *))
{
	*t = (struct test_thread){.step = step};
	ck_assert_int_eq(pipe(t->fds), 0);
	ck_assert_int_eq(pthread_create(&t->id, NULL, test_main, t), 0);
}

static void test_end(struct test_thread *t, size_t n)
{
	store_relaxed(&test_ended, true);
	for (size_t i = 0; i < n; i++) {
		void *result;
		ck_assert_int_eq(pthread_join(t[i].id, &result), 0);
		ck_assert_ptr_eq(result, &t[i]);
		close(t[i].fds[0]);
		close(t[i].fds[1]);
	}
	store_relaxed(&test_ended, false);
}

/* All stop, none moves, all go on. */
static void test_stop_once(struct test_thread *t, size_t n)
{
	uint64_t before[64];
	size_t nmoved = 0;

	ck_assert(n <= 64);
	const bool stopped = stw_stop();
	ck_assert_msg(stopped, "thread %d did not stop",
		(int)stw_read_stats().last_missing);
	for (size_t i = 0; i < n; i++)
		before[i] = load_relaxed(&t[i].nsteps);
	test_sleep_us(TEST_LOOK_US);
	for (size_t i = 0; i < n; i++)
		nmoved += load_relaxed(&t[i].nsteps) != before[i];
	stw_start();
	ck_assert_uint_eq(nmoved, 0);
	ck_assert_uint_eq(load_relaxed(&test_nwrong), 0);
}

static void test_wait_for_steps(struct test_thread *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint64_t before = load_relaxed(&t[i].nsteps);
		while (load_relaxed(&t[i].nsteps) == before)
			test_sleep_us(100);
	}
}

START_TEST(test_a_thread_stops_and_goes_on)
{
	struct test_thread t;

	shims_start();
	test_start(&t, steps[_i].step);
	for (int i = 0; i < TEST_NSTOPS; i++) {
		test_wait_for_steps(&t, 1);
		test_stop_once(&t, 1);
	}
	test_end(&t, 1);
}
END_TEST

START_TEST(test_all_kinds_at_once)
{
	struct test_thread t[2 * UNIT_COUNT(steps)];

	shims_start();
	for (size_t i = 0; i < UNIT_COUNT(t); i++)
		test_start(&t[i], steps[i % UNIT_COUNT(steps)].step);
	for (int i = 0; i < TEST_NSTOPS; i++) {
		test_sleep_us(TEST_RUN_US);
		test_stop_once(t, UNIT_COUNT(t));
	}
	test_wait_for_steps(t, UNIT_COUNT(t));
	test_end(t, UNIT_COUNT(t));
}
END_TEST

static void stw_suite(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	UNIT_TABLE(tests, test_a_thread_stops_and_goes_on, steps);
	UNIT_TEST(tests, test_all_kinds_at_once);
}
UNIT_MAIN("stw", stw_suite)
