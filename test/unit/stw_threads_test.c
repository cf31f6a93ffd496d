/*
 * stw_threads_test: every kind of thread stops, and is shown as it stands.
 *
 * A thread that libc does not know, one that ends, one that is just being
 * made, one in vfork, one in a handler, one that is cancelled, a thousand that
 * sleep; and, for each, that what it holds in a register or on its stack alone
 * is found.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/atomics.h"
#include "core/syscall.h"
#include "core/thread.h"
#include "gc/stw.h"
#include "shims/kernel_held.h"
#include "shims/shims.h"
#include "test/unit/stw_world.h"
#include "test/unit/unit.h"

enum {
	TEST_NSLEEPERS = 1000,
	TEST_NCHURN = 300,     /* threads that come and go */
	TEST_STACK = 64 << 10, /* bytes of a stack of our own */
};

/* A bare clone(2), with the thread pointer of its maker or of its own. */

static void bare_steps(void *unused)
{
	(void)unused;
	store_relaxed(&nready, 1);
	while (load_relaxed(&order) == 0)
		store_relaxed(&nsteps, load_relaxed(&nsteps) + 1);
	store_relaxed(&nending, 1);
}

static void test_bare_clone(long flags, void *tls)
{
	char *stack = mmap(NULL, TEST_STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static unsigned tid;

	shims_start();
	syscall_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			      CLONE_THREAD | CLONE_SYSVSEM |
			      CLONE_PARENT_SETTID | flags,
		stack + TEST_STACK, tls, &tid, bare_steps);
	wait_until(&nready, 1);
	stop_many(TEST_NSTOPS);
	store_relaxed(&order, 1);
	wait_until(&nending, 1);
	sleep_us(1000);
	stop_many(1);
}

START_TEST(test_a_bare_clone_stops)
{
	test_bare_clone(0, NULL);
}
END_TEST

START_TEST(test_a_bare_clone_with_another_thread_pointer_stops)
{
	static uintptr_t tls[64];

	tls[32] = (uintptr_t)&tls[32];
	test_bare_clone(CLONE_SETTLS, &tls[32]);
}
END_TEST

/* Threads that come and go. */

static void *end_at_once(void *arg)
{
	return arg;
}

static char markers[4];

static void *churn(void *unused)
{
	for (int i = 0; i < TEST_NCHURN; i++) {
		pthread_t id[4];
		for (int k = 0; k < 4; k++)
			pthread_create(&id[k], NULL, end_at_once, &markers[k]);
		for (int k = 0; k < 4; k++) {
			void *result = NULL;
			pthread_join(id[k], &result);
			if (result != &markers[k])
				fetch_add_relaxed(&order, 1000);
		}
	}
	store_relaxed(&nending, 1);
	return unused;
}

START_TEST(test_threads_come_and_go)
{
	pthread_t id;
	uint32_t nfailed = 0;

	shims_start();
	pthread_create(&id, NULL, churn, NULL);
	while (load_acquire(&nending) == 0) {
		nfailed += !stop_and_look();
		sleep_us(300);
	}
	pthread_join(id, NULL);
	ck_assert_uint_eq(nfailed, 0);
	ck_assert_uint_eq(order, 0);
}
END_TEST

/* Handlers. */

static void on_signal(int sig)
{
	(void)sig;
	store_relaxed(&nready, 2);
	while (load_relaxed(&order) < 1)
		store_relaxed(&nsteps, load_relaxed(&nsteps) + 1);
}

START_TEST(test_a_handler_in_a_safe_region_stops)
{
	pthread_t id;

	shims_start();
	signal(SIGUSR1, on_signal);
	pthread_create(&id, NULL, sleep_long, NULL);
	wait_until(&nready, 1);
	sleep_us(2000);
	pthread_kill(id, SIGUSR1);
	wait_until(&nready, 2);
	stop_many(TEST_NSTOPS);
	store_relaxed(&order, 1);
	pthread_join(id, NULL);
	ck_assert(signal(SIGUSR1, SIG_DFL) == on_signal);
	ck_assert(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
}
END_TEST

static sigjmp_buf out_of_poll;

static void jump_out(int sig)
{
	siglongjmp(out_of_poll, sig);
}

static void *poll_and_jump(void *unused)
{
	if (sigsetjmp(out_of_poll, 1) == 0) {
		store_relaxed(&nready, 1);
		poll(NULL, 0, -1);
	}
	store_relaxed(&nready, 2);
	while (load_relaxed(&order) < 1)
		store_relaxed(&nsteps, load_relaxed(&nsteps) + 1);
	return unused;
}

START_TEST(test_a_jump_out_of_a_safe_region_runs)
{
	const struct sigaction act = {.sa_handler = jump_out};
	struct sigaction old;
	pthread_t id;

	shims_start();
	ck_assert_int_eq(sigaction(SIGUSR2, &act, NULL), 0);
	ck_assert_int_eq(sigaction(SIGUSR2, NULL, &old), 0);
	ck_assert(old.sa_handler == jump_out);
	pthread_create(&id, NULL, poll_and_jump, NULL);
	wait_until(&nready, 1);
	sleep_us(2000);
	pthread_kill(id, SIGUSR2);
	wait_until(&nready, 2);
	stop_many(TEST_NSTOPS);
	store_relaxed(&order, 1);
	pthread_join(id, NULL);
}
END_TEST

static void clean_up(void *unused)
{
	(void)unused;
	store_relaxed(&nready, 2);
	while (load_relaxed(&order) < 1)
		store_relaxed(&nsteps, load_relaxed(&nsteps) + 1);
}

static void *poll_with_cleanup(void *unused)
{
	pthread_cleanup_push(clean_up, NULL);
	store_relaxed(&nready, 1);
	poll(NULL, 0, -1);
	pthread_cleanup_pop(0);
	return unused;
}

START_TEST(test_a_cleanup_handler_of_a_cancelled_thread_stops)
{
	pthread_t id;
	void *result;

	shims_start();
	pthread_create(&id, NULL, poll_with_cleanup, NULL);
	wait_until(&nready, 1);
	sleep_us(2000);
	pthread_cancel(id);
	wait_until(&nready, 2);
	stop_many(TEST_NSTOPS);
	store_relaxed(&order, 1);
	pthread_join(id, &result);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
}
END_TEST

/* Many. */

START_TEST(test_a_thousand_sleepers_need_no_signal)
{
	static pthread_t ids[TEST_NSLEEPERS];
	pthread_attr_t attr;

	shims_start();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, TEST_STACK);
	for (int i = 0; i < TEST_NSLEEPERS; i++)
		ck_assert_int_eq(
			pthread_create(&ids[i], &attr, sleep_long, NULL), 0);
	wait_until(&nready, TEST_NSLEEPERS);
	stop_many(TEST_NSTOPS);
	store_relaxed(&order, 1);
	for (int i = 0; i < TEST_NSLEEPERS; i++)
		ck_assert_int_eq(pthread_join(ids[i], NULL), 0);
	stop_many(2);
}
END_TEST

/* What a thread holds is shown. */

static const uintptr_t secret = 0x5ec7e7;

struct search {
	uintptr_t word; /* what is looked for */
	bool found;     /* whether it was there */
};

static void search_thread(void *arg, const struct stopped_thread *t)
{
	struct search *s = arg;
	const uintptr_t *word = t->registers;

	for (size_t i = 0; i < t->nregisters / sizeof *word; i++)
		s->found |= word[i] == s->word;
	for (uintptr_t at = t->sp & ~(sizeof at - 1);
		at != 0 && at < t->stack_end; at += sizeof at)
		s->found |= *(uintptr_t *)at == s->word;
}

static void search_held(void *arg, uintptr_t word)
{
	struct search *s = arg;

	s->found |= word == s->word;
}

/* The word is made where it is used, and lies in a preserved register. */
static void *hold_in_register(void *poll_it)
{
	register uintptr_t word __asm__("r12") = load_relaxed(&order) ^ secret;

	__asm__ volatile("" : "+r"(word));
	store_relaxed(&nready, 1);
	if (poll_it != NULL)
		while (load_relaxed(&nending) == 0)
			poll(NULL, 0, 5);
	else
		while (load_relaxed(&nending) == 0)
			barrier_compiler();
	__asm__ volatile("" : "+r"(word));
	return (void *)(word & 1);
}

static void test_search(void *poll_it)
{
	struct search s = {.word = secret};
	pthread_t id;

	shims_start();
	pthread_create(&id, NULL, hold_in_register, poll_it);
	wait_until(&nready, 1);
	for (int i = 0; i < 20; i++) {
		sleep_us(1000);
		s.found = false;
		const bool stopped = stw_stop();
		if (stopped) {
			stw_visit_threads(search_thread, &s);
			stw_start();
		}
		ck_assert(stopped);
		ck_assert(s.found);
	}
	store_relaxed(&nending, 1);
	pthread_join(id, NULL);
}

START_TEST(test_registers_of_a_running_thread_are_shown)
{
	test_search(NULL);
}
END_TEST

START_TEST(test_registers_of_a_waiting_thread_are_shown)
{
	test_search(&order);
}
END_TEST

START_TEST(test_what_the_kernel_holds_is_shown)
{
	struct search s = {.word = secret};
	const union sigval value = {.sival_ptr = (void *)secret};

	shims_start();
	signal(SIGRTMIN, SIG_IGN);
	ck_assert_int_eq(sigqueue(getpid(), SIGRTMIN, value), 0);
	shims_visit_kernel_held(search_held, &s);
	ck_assert(s.found);
}
END_TEST

static void stw_threads_suite(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	UNIT_TEST(tests, test_what_the_kernel_holds_is_shown);
	/*
	 * The thread sanitizer delays signals, and does not see what the
	 * kernel says of a thread's end.
	 */
	if (SANITIZED)
		return;
	UNIT_TEST(tests, test_a_bare_clone_stops);
	UNIT_TEST(tests, test_a_bare_clone_with_another_thread_pointer_stops);
	UNIT_TEST(tests, test_registers_of_a_running_thread_are_shown);
	UNIT_TEST(tests, test_registers_of_a_waiting_thread_are_shown);
	UNIT_TEST(tests, test_a_cleanup_handler_of_a_cancelled_thread_stops);
	UNIT_TEST(tests, test_a_jump_out_of_a_safe_region_runs);
	UNIT_TEST(tests, test_a_thousand_sleepers_need_no_signal);
	UNIT_TEST(tests, test_threads_come_and_go);
	UNIT_TEST(tests, test_a_handler_in_a_safe_region_stops);
}
UNIT_MAIN("stw_threads", stw_threads_suite)
