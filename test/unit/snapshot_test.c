/*
 * snapshot_test: the child sees memory as it was, its results come back, the
 * program sees nothing of it, and it never outlives its use.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/atomics.h"
#include "core/os.h"
#include "gc/snapshot.h"
#include "test/unit/seccomp.h"
#include "test/unit/unit.h"

enum {
	TEST_MS = 4000,    /* for a child that works */
	TEST_LATE_MS = 60, /* for one that hangs */
};

static uint64_t memory = 1;
static uint64_t *gate; /* shared: a child waits until it is 1 */

static void *test_shared(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	return p;
}

static struct snapshot test_prepare(size_t nresults)
{
	struct snapshot s = {0};

	os_init();
	gate = test_shared();
	ck_assert(snapshot_prepare(&s, nresults));
	return s;
}

static void test_pass_gate(void)
{
	while (load_acquire(gate) == 0)
		usleep(1000);
}

/* What a child does: a snapshot_fn each. */
static bool child_reports_memory(uint64_t *results, void *arg)
{
	uint64_t *p = arg;

	test_pass_gate();
	results[0] = *p;
	*p = 99;
	return true;
}

static bool child_fails(uint64_t *results, void *arg)
{
	(void)arg;
	results[0] = 5;
	return false;
}

static bool child_hangs(uint64_t *results, void *arg)
{
	(void)arg;
	store_release(gate, 1); /* it runs */
	for (results[0] = 1; load_relaxed(results) != 0;)
		pause();
	return true;
}

static bool child_crashes(uint64_t *results, void *arg)
{
	signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler */
	results[0] = *(volatile char *)arg;
	return true;
}

static bool child_exits(uint64_t *results, void *arg)
{
	(void)results;
	(void)arg;
	_exit(0);
}

START_TEST(test_the_copy_is_of_its_moment)
{
	struct snapshot s = test_prepare(1);

	ck_assert(snapshot_take(&s, child_reports_memory, &memory));
	memory = 2;
	store_release(gate, 1);
	ck_assert(snapshot_wait(&s, TEST_MS));
	ck_assert_uint_eq(snapshot_results(&s)[0], 1);
	ck_assert_uint_eq(memory, 2);
	snapshot_discard(&s);
}
END_TEST

START_TEST(test_one_snapshot_after_the_other)
{
	struct snapshot s = test_prepare(1);

	store_release(gate, 1);
	for (memory = 10; memory < 30; memory++) {
		ck_assert(snapshot_take(&s, child_reports_memory, &memory));
		ck_assert(snapshot_wait(&s, TEST_MS));
		ck_assert_uint_eq(snapshot_results(&s)[0], memory);
	}
	snapshot_discard(&s);
}
END_TEST

enum { TEST_NRESULTS = 100000 };

static bool child_fills(uint64_t *results, void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < TEST_NRESULTS; i++) {
		if (results[i] != 0)
			return false;
		results[i] = i * i;
	}
	return true;
}

START_TEST(test_all_results_come_back)
{
	struct snapshot s = test_prepare(TEST_NRESULTS);

	ck_assert(snapshot_take(&s, child_fills, NULL));
	ck_assert(snapshot_wait(&s, TEST_MS));
	for (uint64_t i = 0; i < TEST_NRESULTS; i++)
		ck_assert_uint_eq(snapshot_results(&s)[i], i * i);
	snapshot_discard(&s);
}
END_TEST

static const struct {
	const char *name;
	snapshot_fn *fn;
} failures[] = {
	{"fails", child_fails},
	{"hangs", child_hangs},
	{"crashes", child_crashes},
	{"exits", child_exits},
};

START_TEST(test_a_child_that_fails)
{
	struct snapshot s = test_prepare(1);
	const uint64_t begin = os_now_ns();
	void *no_access = test_shared();

	mprotect(no_access, 4096, PROT_NONE);
	ck_assert(snapshot_take(&s, failures[_i].fn, no_access));
	const int pid = s.pid;
	ck_assert(!snapshot_wait(
		&s, failures[_i].fn == child_hangs ? TEST_LATE_MS : TEST_MS));
	ck_assert_uint_lt(os_now_ns() - begin, TEST_MS * UINT64_C(1000000));
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(s.pid, 0);
	store_release(gate, 1);
	ck_assert(snapshot_take(&s, child_reports_memory, &memory));
	ck_assert(snapshot_wait(&s, TEST_MS));
	snapshot_discard(&s);
}
END_TEST

START_TEST(test_discard_ends_the_child)
{
	struct snapshot s = test_prepare(1);

	ck_assert(snapshot_take(&s, child_hangs, NULL));
	const int pid = s.pid;
	snapshot_discard(&s);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_ptr_null(s.shared);
	ck_assert_int_eq(s.pid, 0);
}
END_TEST

/* ---- What the program sees -------------------------------------------- */

static int nsignals;

static void test_count_signal(int sig)
{
	(void)sig;
	fetch_add_relaxed(&nsignals, 1);
}

START_TEST(test_the_program_sees_no_child)
{
	struct snapshot s = test_prepare(1);

	signal(SIGCHLD, test_count_signal);
	ck_assert(snapshot_take(&s, child_reports_memory, &memory));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	store_release(gate, 1);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert(snapshot_wait(&s, TEST_MS));
	ck_assert_int_eq(load_relaxed(&nsignals), 0);
	snapshot_discard(&s);
}
END_TEST

START_TEST(test_its_own_children_are_the_programs)
{
	struct snapshot s = test_prepare(1);

	store_release(gate, 1);
	const pid_t own = fork();
	if (own == 0)
		_exit(3);
	ck_assert(snapshot_take(&s, child_reports_memory, &memory));
	ck_assert(snapshot_wait(&s, TEST_MS));
	int status;
	ck_assert_int_eq(waitpid(-1, &status, 0), own);
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	snapshot_discard(&s);
}
END_TEST

/* A debugger waits for every child there is. */
START_TEST(test_a_program_that_waits_for_all_gets_it)
{
	struct snapshot s = test_prepare(1);

	store_release(gate, 1);
	ck_assert(snapshot_take(&s, child_reports_memory, &memory));
	const int pid = s.pid;
	ck_assert_int_eq(waitpid(-1, NULL, __WALL), pid);
	ck_assert(snapshot_wait(&s, TEST_MS));
	ck_assert_uint_eq(snapshot_results(&s)[0], 1);
	ck_assert(snapshot_take(&s, child_exits, NULL));
	ck_assert_int_gt(waitpid(-1, NULL, __WALL), 0);
	ck_assert(!snapshot_wait(&s, TEST_MS));
	snapshot_discard(&s);
}
END_TEST

/* Says which of these hold in the child: a bit each. */
static bool child_looks_at_itself(uint64_t *results, void *arg)
{
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	results[0] = (uint64_t)sigismember(&blocked, SIGUSR1) |
		     (uint64_t)sigismember(&blocked, SIGTERM) << 1;
	struct rlimit core;
	getrlimit(RLIMIT_CORE, &core);
	results[1] = core.rlim_cur;
	results[2] = (uint64_t)getpid();
	results[3] = (uint64_t)fcntl(*(int *)arg, F_GETFD);
	return true;
}

START_TEST(test_the_child_keeps_still)
{
	struct snapshot s = test_prepare(4);
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert(snapshot_take(&s, child_looks_at_itself, &fds[0]));
	const int pid = s.pid;
	ck_assert(snapshot_wait(&s, TEST_MS));
	ck_assert_uint_eq(snapshot_results(&s)[0], 3);
	ck_assert_uint_eq(snapshot_results(&s)[1], 1);
	ck_assert_uint_eq(snapshot_results(&s)[2], (uint64_t)pid);
	ck_assert_uint_eq(snapshot_results(&s)[3], 0);
	/* The mask of this thread is as it was. */
	sigset_t blocked;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	ck_assert_int_eq(sigismember(&blocked, SIGTERM), 0);
	snapshot_discard(&s);
}
END_TEST

/* The files are shared: a pipe ends when the program closes it. */
START_TEST(test_the_child_holds_no_pipe_open)
{
	struct snapshot s = test_prepare(1);
	int fds[2];
	char c;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert(snapshot_take(&s, child_hangs, NULL));
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &c, 1), 0);
	snapshot_discard(&s);
}
END_TEST

/* ---- Ends ------------------------------------------------------------- */

START_TEST(test_the_child_dies_with_its_parent)
{
	struct snapshot s = test_prepare(1);
	uint64_t *pid = test_shared();

	/* Orphans become children of this process. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	const pid_t parent = fork();
	if (parent == 0) {
		if (snapshot_take(&s, child_hangs, NULL))
			store_release(pid, (uint64_t)s.pid);
		test_pass_gate();
		_exit(0);
	}
	int status;
	ck_assert_int_eq(waitpid(parent, &status, 0), parent);
	ck_assert_uint_ne(load_acquire(pid), 0);
	ck_assert_int_eq(waitpid((pid_t)*pid, &status, __WALL), (pid_t)*pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	snapshot_discard(&s);
}
END_TEST

START_TEST(test_a_forked_program_has_its_own)
{
	struct snapshot s = test_prepare(1);

	ck_assert(snapshot_take(&s, child_reports_memory, &memory));
	const pid_t child = fork();
	if (child == 0) {
		snapshot_after_fork(&s);
		store_release(gate, 1);
		memory = 7;
		const bool good =
			s.pid == 0 && snapshot_prepare(&s, 1) &&
			snapshot_take(&s, child_reports_memory, &memory) &&
			snapshot_wait(&s, TEST_MS) &&
			snapshot_results(&s)[0] == 7;
		snapshot_discard(&s);
		_exit(good ? 0 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(snapshot_wait(&s, TEST_MS));
	ck_assert_uint_eq(snapshot_results(&s)[0], 1);
	snapshot_discard(&s);
}
END_TEST

START_TEST(test_no_child_where_none_may_be)
{
	static const struct test_denied denied[] = {
		{SYS_clone, 0, TEST_FAILS(EAGAIN)}, {0, 0, 0}};
	struct snapshot s = test_prepare(1);

	test_deny(denied);
	ck_assert(!snapshot_take(&s, child_fails, NULL));
	ck_assert_int_eq(s.pid, 0);
	snapshot_discard(&s);
}
END_TEST

START_TEST(test_no_room_for_results)
{
	const struct rlimit limit = {UINT64_C(1) << 20, UINT64_C(1) << 20};
	struct snapshot s = {0};

	os_init();
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert(!snapshot_prepare(&s, 1 << 20));
	snapshot_discard(&s);
}
END_TEST

static void snapshot_suite(TCase *tests)
{
	UNIT_TEST(tests, test_the_copy_is_of_its_moment);
	UNIT_TEST(tests, test_one_snapshot_after_the_other);
	UNIT_TEST(tests, test_all_results_come_back);
	UNIT_TABLE(tests, test_a_child_that_fails, failures);
	UNIT_TEST(tests, test_discard_ends_the_child);
	UNIT_TEST(tests, test_the_program_sees_no_child);
	UNIT_TEST(tests, test_its_own_children_are_the_programs);
	UNIT_TEST(tests, test_a_program_that_waits_for_all_gets_it);
	UNIT_TEST(tests, test_the_child_keeps_still);
	UNIT_TEST(tests, test_the_child_holds_no_pipe_open);
	UNIT_TEST(tests, test_the_child_dies_with_its_parent);
	UNIT_TEST(tests, test_a_forked_program_has_its_own);
	UNIT_TEST(tests, test_no_child_where_none_may_be);
	if (!SANITIZED) /* they map terabytes */
		UNIT_TEST(tests, test_no_room_for_results);
}
UNIT_MAIN("snapshot", snapshot_suite)
