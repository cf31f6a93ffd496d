/*
 * stw_blocking_test: calls that wait do not notice that the world stops.
 *
 * The world is stopped and started every millisecond.  Beside that a thread
 * makes one kind of call again and again: none may say EINTR, end early, or
 * take much longer than it was told.  The cases with "no shim" have no safe
 * region: they are hit by the stop signal.
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/atomics.h"
#include "core/syscall.h"
#include "gc/stw.h"
#include "shims/shims.h"
#include "test/unit/stw_calls.h"
#include "test/unit/unit.h"

enum {
	TEST_LATE_MS = 400,  /* it is late if it comes back so much later */
	TEST_MS = 250,       /* each kind of call is made for so long */
	TEST_STOP_US = 300,  /* a stop lasts so long */
	TEST_EVERY_US = 700, /* between two stops */
};

static const struct {
	const char *name;
	bool (*call)(void);
} cases[] = {
	{"nanosleep", call_nanosleep},
	{"clock_nanosleep", call_clock_nanosleep},
	{"clock_nanosleep, absolute", call_clock_nanosleep_until},
	{"usleep", call_usleep},
	{"thrd_sleep", call_thrd_sleep},
	{"poll", call_poll},
	{"ppoll, all signals blocked", call_ppoll},
	{"select", call_select},
	{"pselect", call_pselect},
	{"epoll_wait", call_epoll_wait},
	{"epoll_pwait", call_epoll_pwait},
	{"recv with SO_RCVTIMEO", call_recv_timeout},
	{"read with SO_RCVTIMEO", call_read_timeout},
	{"sem_timedwait", call_sem_timedwait},
	{"pthread_cond_timedwait", call_cond_timedwait},
	{"pthread_mutex_timedlock", call_mutex_timedlock},
	{"pthread_rwlock_timedwrlock", call_rwlock_timedwrlock},
	{"sigtimedwait", call_sigtimedwait},
	{"semtimedop", call_semtimedop},
	{"mq_timedreceive", call_mq_timedreceive},
	{"syscall(futex)", call_syscall_futex},
	{"read of a timerfd", call_timerfd},
	{"read", call_read},
	{"recv", call_recv},
	{"poll without limit", call_poll_for_ever},
	{"msgrcv", call_msgrcv},
	{"waitpid", call_waitpid},
	{"vfork", call_vfork},
	{"system", call_system},
	{"ppoll, no shim", rawcall_ppoll},
	{"select, no shim", rawcall_select},
	{"clock_nanosleep, absolute, no shim", rawcall_sleep_until},
	{"read, no shim", rawcall_read},
	{"poll without limit, no shim", rawcall_poll_for_ever},
	{"epoll_pwait without limit, no shim", rawcall_epoll},
};

/* One thread makes the call until it has done so for TEST_MS. */
struct caller {
	bool (*call)(void); /* which */
	uint32_t ncalls;    /* made */
	uint32_t nwrong;    /* ... that did not end as they should */
	uint32_t nearly;    /* ... that ended too early */
	uint32_t nlate;     /* ... or too late */
	int error;          /* errno of the last wrong one */
	bool has_ended;     /* atomic */
};

static void *make_calls(void *arg)
{
	struct caller *c = arg;
	const uint64_t end =
		now_ns(CLOCK_MONOTONIC) + (uint64_t)TEST_MS * NS_PER_MS;
	uint64_t before;

	while ((before = now_ns(CLOCK_MONOTONIC)) < end) {
		errno = 0;
		const bool right = c->call();
		const uint64_t ns = now_ns(CLOCK_MONOTONIC) - before;
		c->error = right ? c->error : errno;
		c->ncalls++;
		c->nwrong += !right;
		/* A millisecond for clocks that are not the same. */
		c->nearly += ns < (TEST_WAIT_MS - 1) * (uint64_t)NS_PER_MS;
		c->nlate += ns >
			    (TEST_WAIT_MS + TEST_LATE_MS) * (uint64_t)NS_PER_MS;
	}
	store_release(&c->has_ended, true);
	return arg;
}

static void sleep_us(long us)
{
	const struct timespec t = {0, us * 1000};

	syscall4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

START_TEST(test_a_call_does_not_notice)
{
	struct caller c = {.call = cases[_i].call};
	uint32_t nstops = 0, nfailed = 0;
	pthread_t id;

	shims_start();
	set_up();
	ck_assert_int_eq(pthread_create(&id, NULL, make_calls, &c), 0);
	while (!load_acquire(&c.has_ended)) {
		if (stw_stop()) {
			sleep_us(TEST_STOP_US);
			stw_start();
			nstops++;
		} else {
			nfailed++;
		}
		sleep_us(TEST_EVERY_US);
	}
	pthread_join(id, NULL);
	tear_down();
	ck_assert_msg(c.nwrong == 0, "%s: %u of %u calls wrong, errno %d",
		cases[_i].name, c.nwrong, c.ncalls, c.error);
	ck_assert_msg(c.nearly == 0, "%s: %u of %u calls ended early",
		cases[_i].name, c.nearly, c.ncalls);
	ck_assert_msg(SANITIZED || c.nlate == 0,
		"%s: %u of %u calls ended late", cases[_i].name, c.nlate,
		c.ncalls);
	ck_assert_msg(
		nfailed == 0, "%s: %u stops failed", cases[_i].name, nfailed);
	ck_assert_uint_gt(nstops, 5);
	ck_assert_uint_gt(c.ncalls, 0);
}
END_TEST

static void stw_blocking_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_a_call_does_not_notice, cases);
}
UNIT_MAIN("stw_blocking", stw_blocking_suite)
