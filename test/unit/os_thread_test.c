/*
 * os_thread_test: a thread beside libc's starts, has TLS of its own, ends, and
 * whoever waits for it goes on.  The sanitizers cannot follow it.
 */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "core/atomics.h"
#include "core/os.h"
#include "core/thread.h"
#include "test/unit/unit.h"

enum {
	TEST_NWAITERS = 5,
	TEST_NROUNDS = 20,
	TEST_POLL_MS = 20,     /* the thread looks at `order` so often */
	TEST_SLEEP_US = 20000, /* by then the waiters are asleep */
};

static struct os_thread helper;
static uint32_t order; /* 0: go on */
static int nstarted, nended, nwaited;
static bool had_clean_tls = true;

static void test_sleep(void)
{
	const struct timespec ts = {0, TEST_SLEEP_US * 1000};

	nanosleep(&ts, NULL);
}

static void test_helper_main(void *unused)
{
	(void)unused;
	if (thread_self()->busy || thread_self()->held != 0)
		store_relaxed(&had_clean_tls, false);
	thread_self()->busy = true; /* must not be seen by the next one */
	thread_self()->held = 1;
	fetch_add_relaxed(&nstarted, 1);
	while (load_acquire(&order) == 0)
		os_futex_wait_ms(&order, 0, TEST_POLL_MS);
	fetch_add_relaxed(&nended, 1);
}

static void *test_wait(void *unused)
{
	os_thread_wait(&helper);
	fetch_add_relaxed(&nwaited, 1);
	return unused;
}

static void test_start_helper(void)
{
	store_relaxed(&order, 0);
	ck_assert(os_thread_start(
		&helper, test_helper_main, &thread_local_state));
	ck_assert(os_thread_is_running(&helper));
}

static void test_end_helper(void)
{
	store_release(&order, 1);
	os_futex_wake(&order);
}

START_TEST(test_a_thread_that_never_was_is_not_waited_for)
{
	ck_assert(!os_thread_is_running(&helper));
	os_thread_wait(&helper);
	os_thread_forget(&helper);
	ck_assert(!os_thread_is_running(&helper));
}
END_TEST

START_TEST(test_a_thread_runs_until_it_is_told)
{
	for (int round = 1; round <= TEST_NROUNDS; round++) {
		test_start_helper();
		test_end_helper();
		os_thread_wait(&helper);
		ck_assert(!os_thread_is_running(&helper));
		ck_assert_int_eq(nstarted, round);
		ck_assert_int_eq(nended, round);
	}
	ck_assert(had_clean_tls);
	ck_assert(!thread_self()->busy);
}
END_TEST

/* The kernel wakes one of them; the others must not sleep on. */
START_TEST(test_all_who_wait_go_on)
{
	pthread_t threads[TEST_NWAITERS];

	test_start_helper();
	for (int i = 0; i < TEST_NWAITERS; i++)
		pthread_create(&threads[i], NULL, test_wait, NULL);
	test_sleep();
	ck_assert_int_eq(load_relaxed(&nwaited), 0);
	test_end_helper();
	for (int i = 0; i < TEST_NWAITERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(nwaited, TEST_NWAITERS);
	ck_assert_int_eq(nended, 1);
}
END_TEST

START_TEST(test_the_child_of_fork_has_a_helper_of_its_own)
{
	test_start_helper();
	const pid_t child = fork();
	if (child == 0) {
		os_thread_forget(&helper);
		test_start_helper();
		test_end_helper();
		os_thread_wait(&helper);
		_exit(os_thread_is_running(&helper));
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	test_end_helper();
	os_thread_wait(&helper);
}
END_TEST

static void os_thread_suite(TCase *tests)
{
	UNIT_TEST(tests, test_a_thread_that_never_was_is_not_waited_for);
	if (SANITIZED)
		return;
	UNIT_TEST(tests, test_a_thread_runs_until_it_is_told);
	UNIT_TEST(tests, test_all_who_wait_go_on);
	UNIT_TEST(tests, test_the_child_of_fork_has_a_helper_of_its_own);
}
UNIT_MAIN("os_thread", os_thread_suite)
