/*
 * stw_process_test: stops beside fork, exec and setuid, in a process whose
 * first thread has ended, and with threads that libc makes for itself.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test/unit/stw_world.h"

/* fork, and the first thread's end. */

static void *sleep_until_told(void *unused)
{
	while (load_relaxed(&order) == 0)
		poll(NULL, 0, 1);
	return unused;
}

START_TEST(test_the_child_of_fork_can_stop_too)
{
	pthread_t id;
	int status;

	shims_start();
	pthread_create(&id, NULL, sleep_long, NULL);
	wait_until(&nready, 1);
	for (int i = 0; i < 10; i++) {
		const pid_t child = fork();
		if (child == 0) {
			pthread_t other;
			pthread_create(&other, NULL, sleep_until_told, NULL);
			bool good = stop_and_look();
			good = good && stop_and_look();
			store_relaxed(&order, 1);
			pthread_join(other, NULL);
			_exit(good ? 0 : 1);
		}
		stop_many(2);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(status, 0);
	}
	store_relaxed(&order, 1);
	pthread_join(id, NULL);
}
END_TEST

START_TEST(test_a_thread_sees_the_end_of_its_child)
{
	int status;

	shims_start();
	const pid_t child = fork();
	if (child == 0)
		_exit(stop_and_look() ? 5 : 1);
	stop_many(10);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 5);
}
END_TEST

static void *stop_without_main(void *main_thread)
{
	sleep_us(20000);
	for (int i = 0; i < 10; i++)
		if (!stop_and_look())
			_exit(1);
	_exit(main_thread == NULL);
}

START_TEST(test_the_first_thread_may_have_ended)
{
	static int anything;
	const pid_t child = fork();
	int status;

	if (child == 0) {
		pthread_t id;
		shims_start();
		pthread_create(&id, NULL, stop_without_main, &anything);
		pthread_exit(NULL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* exec, setuid and libc's own threads. */

static void *stop_for_ever(void *unused)
{
	for (;;)
		if (stw_stop())
			stw_start();
	return unused;
}

/* A stop signal that reached the new program would kill it. */
START_TEST(test_exec_takes_no_signal_along)
{
	for (int i = 0; i < 100; i++) {
		const pid_t child = fork();
		int status;
		if (child == 0) {
			pthread_t id;
			shims_start();
			pthread_create(&id, NULL, stop_for_ever, NULL);
			for (uint64_t n = 0; n < 100000 * (uint64_t)i; n++)
				barrier_compiler();
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

/* libc sends the same signal to all threads, and waits for them. */
START_TEST(test_setuid_works_beside_stops)
{
	pthread_t ids[4];

	shims_start();
	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, sleep_long, NULL);
	pthread_t stopper;
	pthread_create(&stopper, NULL, stop_for_ever, NULL);
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(setuid(getuid()), 0);
	_exit(0);
}
END_TEST

static void on_timer(union sigval value)
{
	store_relaxed(&nready, *(const uint32_t *)value.sival_ptr);
	while (load_relaxed(&order) == 0)
		store_relaxed(&nsteps, load_relaxed(&nsteps) + 1);
	store_relaxed(&nending, 1);
}

START_TEST(test_a_thread_that_libc_makes_stops)
{
	static const uint32_t one = 1;
	union {
		const void *from;
		void *to;
	} pointer = {&one};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_notify_function = on_timer,
		.sigev_value.sival_ptr = pointer.to,
	};
	const struct itimerspec time = {.it_value = {0, 1000000}};
	timer_t timer;

	shims_start();
	ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	ck_assert_int_eq(timer_settime(timer, 0, &time, NULL), 0);
	wait_until(&nready, 1);
	stop_many(TEST_NSTOPS);
	store_relaxed(&order, 1);
	wait_until(&nending, 1);
	stop_many(2);
	timer_delete(timer);
}
END_TEST

static void stw_process_suite(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	UNIT_TEST(tests, test_a_thread_sees_the_end_of_its_child);
	/* The thread sanitizer allows no threads in the child of fork. */
	if (SANITIZED)
		return;
	UNIT_TEST(tests, test_the_child_of_fork_can_stop_too);
	UNIT_TEST(tests, test_the_first_thread_may_have_ended);
	UNIT_TEST(tests, test_exec_takes_no_signal_along);
	UNIT_TEST(tests, test_setuid_works_beside_stops);
	UNIT_TEST(tests, test_a_thread_that_libc_makes_stops);
}
UNIT_MAIN("stw_process", stw_process_suite)
