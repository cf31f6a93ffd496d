/*
 * dirty_ladder_test: the best rung that works is taken, the next one where a
 * filter forbids it, and what is forced is said when it cannot be; in every
 * case a write is found, or all is visited.
 */
#include <linux/close_range.h>
#include <pthread.h>
#include <time.h>

#include "core/syscall.h"
#include "core/thread.h"
#include "test/unit/dirty_pages.h"
#include "test/unit/seccomp.h"

enum { TEST_NPAGES = 16 };

/* In the ladder's order: what works on this machine, asked in other words. */
static bool has_rung[BARRIER_STW + 1];

/* Whether a page that is written becomes soft-dirty. */
static bool test_has_soft_dirty(void)
{
	const int clear = open("/proc/self/clear_refs", O_WRONLY);
	const int words = open("/proc/self/pagemap", O_RDONLY);
	volatile char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t word[2] = {0, 0};

	*p = 1;
	for (int i = 0; i < 2; i++) {
		if (write(clear, "4", 1) != 1 || (i == 1 && (*p = 2) != 2) ||
			pread(words, &word[i], 8, (uintptr_t)p / 4096 * 8) != 8)
			return false;
	}
	close(clear);
	close(words);
	return (word[0] >> 55 & 1) == 0 && (word[1] >> 55 & 1) == 1;
}

static void test_find_all(void)
{
	enum barrier found[2];

	for (int n = test_find_rungs(found); n > 0; n--)
		has_rung[found[n - 1]] = true;
	has_rung[BARRIER_SNAPSHOT] = true;
	has_rung[BARRIER_SOFTDIRTY] = test_has_soft_dirty();
	has_rung[BARRIER_STW] = true;
}

/* The first rung from `from` on that works here. */
static enum barrier test_best(enum barrier from)
{
	while (!has_rung[from])
		from++;
	return from;
}

/* A cycle: what is written is visited, whatever rung it is. */
static bool test_cycle_works(void)
{
	struct test_pages t = test_pages_new(TEST_NPAGES);
	const bool tracks = test_begin(&t);
	const bool should = dirty_which() != BARRIER_SNAPSHOT &&
			    dirty_which() != BARRIER_STW;

	test_write(&t, 3, 2);
	test_scan(&t, DIRTY_REARM);
	test_write(&t, 5, 2);
	test_scan(&t, DIRTY_FINAL);
	return tracks == should && test_lost(&t) == 0 &&
	       (t.nvisited < TEST_NPAGES) == should;
}

START_TEST(test_auto_takes_the_best)
{
	os_init();
	ck_assert_int_eq(dirty_init(BARRIER_AUTO), test_best(BARRIER_UFFD));
	ck_assert_int_eq(dirty_which(), test_best(BARRIER_UFFD));
	ck_assert(test_cycle_works());
}
END_TEST

/* ---- Forced ----------------------------------------------------------- */

static const enum barrier forced[] = {BARRIER_UFFD, BARRIER_DEVUFFD,
	BARRIER_SNAPSHOT, BARRIER_SOFTDIRTY, BARRIER_STW};

static void test_force(void *wanted)
{
	os_init();
	const enum barrier which = dirty_init(*(enum barrier *)wanted);
	_exit(test_cycle_works() ? (int)which : 100);
}

START_TEST(test_what_is_forced_is_taken_or_said)
{
	enum barrier wanted = forced[_i];
	const enum barrier expected = test_best(wanted);
	char said[200], line[200] = "";

	if (expected != wanted)
		snprintf(line, sizeof(line),
			"goalloc: barrier=%s does not work here: using %s\n",
			dirty_name(wanted), dirty_name(expected));
	const int status =
		unit_run_child(test_force, &wanted, said, sizeof(said));
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), (int)expected);
	ck_assert_str_eq(said, line);
}
END_TEST

/* ---- Under a filter --------------------------------------------------- */

#define TEST_SCAN (uint32_t) LINUX_PAGEMAP_SCAN
#define TEST_KILL SECCOMP_RET_KILL_PROCESS
#define NO_UFFD                                                                \
	{                                                                      \
		SYS_userfaultfd, 0, TEST_FAILS(EPERM)                          \
	}
#define NO_UFFD_ENOSYS                                                         \
	{                                                                      \
		SYS_userfaultfd, 0, TEST_FAILS(ENOSYS)                         \
	}
#define NO_DEVUFFD                                                             \
	{                                                                      \
		SYS_ioctl, USERFAULTFD_IOC_NEW, TEST_FAILS(EPERM)              \
	}
#define NO_SCAN                                                                \
	{                                                                      \
		SYS_ioctl, TEST_SCAN, TEST_FAILS(ENOTTY)                       \
	}
#define NO_CLONE                                                               \
	{                                                                      \
		SYS_clone, 0, TEST_FAILS(EPERM)                                \
	}
#define KILL_UFFD                                                              \
	{                                                                      \
		SYS_userfaultfd, 0, TEST_KILL                                  \
	}
#define KILL_SCAN                                                              \
	{                                                                      \
		SYS_ioctl, TEST_SCAN, TEST_KILL                                \
	}

static const struct {
	const char *name;
	struct test_denied denied[TEST_MAX_DENIED];
	enum barrier wanted;
	enum barrier from; /* the first rung that the filter leaves */
} filters[] = {
	{"a filter that allows it", {{SYS_swapon, 0, TEST_KILL}}, BARRIER_AUTO,
		BARRIER_UFFD},
	{"EPERM", {NO_UFFD}, BARRIER_AUTO, BARRIER_DEVUFFD},
	{"ENOSYS", {NO_UFFD_ENOSYS}, BARRIER_AUTO, BARRIER_DEVUFFD},
	{"neither", {NO_UFFD, NO_DEVUFFD}, BARRIER_AUTO, BARRIER_SNAPSHOT},
	{"no PAGEMAP_SCAN", {NO_SCAN}, BARRIER_AUTO, BARRIER_SNAPSHOT},
	{"no clone", {NO_UFFD, NO_DEVUFFD, NO_CLONE}, BARRIER_AUTO,
		BARRIER_STW},
	{"soft-dirty", {NO_UFFD, NO_DEVUFFD}, BARRIER_SOFTDIRTY,
		BARRIER_SOFTDIRTY},
	{"killed by userfaultfd", {KILL_UFFD}, BARRIER_AUTO, BARRIER_DEVUFFD},
	{"killed by the scan", {KILL_SCAN}, BARRIER_AUTO, BARRIER_SNAPSHOT},
};

START_TEST(test_a_filter_makes_it_the_next_rung)
{
	const enum barrier expected = test_best(filters[_i].from);

	os_init();
	test_deny(filters[_i].denied);
	const enum barrier got = dirty_init(filters[_i].wanted);
	ck_assert_msg(got == expected, "%s: %s instead of %s", filters[_i].name,
		dirty_name(got), dirty_name(expected));
	ck_assert_msg(test_cycle_works(), "%s", filters[_i].name);
}
END_TEST

/* Not root: what the trial in a child opens must be open to it too. */
static void test_as_plain_user(void *unused)
{
	static const struct test_denied denied[] = {
		{SYS_swapon, 0, TEST_KILL}, {0, 0, 0}};

	(void)unused;
	if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 ||
				      setresuid(65534, 65534, 65534) != 0))
		_exit(100);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* setresuid ends that */
	test_deny(denied);
	os_init();
	const enum barrier which = dirty_init(BARRIER_AUTO);
	_exit(test_cycle_works() ? (int)which : 101);
}

START_TEST(test_a_plain_user_under_a_filter)
{
	const enum barrier expected =
		has_rung[BARRIER_UFFD] ? BARRIER_UFFD : BARRIER_SNAPSHOT;
	char said[200];

	const int status =
		unit_run_child(test_as_plain_user, NULL, said, sizeof(said));
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), (int)expected);
	ck_assert_str_eq(said, "");
}
END_TEST

/* ---- Files and processes ---------------------------------------------- */

static enum barrier tracking[2];

START_TEST(test_closed_files_cost_time_not_writes)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	test_write(&t, 3, 2);
	ck_assert_int_eq(syscall(SYS_close_range, 3, ~0U, 0), 0);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), TEST_NPAGES);
	ck_assert_uint_eq(test_lost(&t), 0);
	ck_assert(!test_begin(&t));
}
END_TEST

START_TEST(test_the_child_of_fork_tracks)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);
	const pid_t child = fork();

	if (child == 0) {
		dirty_after_fork();
		test_write(&t, 4, 2);
		bool good = test_scan(&t, DIRTY_FINAL) == TEST_NPAGES &&
			    dirty_init(tracking[_i]) == tracking[_i] &&
			    test_begin(&t);
		test_write(&t, 5, 2);
		good = good && test_scan(&t, DIRTY_FINAL) == 1 &&
		       test_lost(&t) == 0;
		_exit(good ? 0 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	test_write(&t, 6, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* /proc/self is that of the first thread, which may have ended. */
static void *test_outlive(void *unused)
{
	const struct timespec a_while = {0, 50000000};

	nanosleep(&a_while, NULL);
	const enum barrier best = test_best(BARRIER_UFFD);
	(void)unused;
	_exit(dirty_init(BARRIER_AUTO) == best && test_cycle_works() ? 0 : 1);
}

START_TEST(test_the_first_thread_may_be_gone)
{
	os_init();
	const pid_t child = fork();
	if (child == 0) {
		pthread_t thread;
		pthread_create(&thread, NULL, test_outlive, NULL);
		syscall(SYS_exit, 0);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* A thread like the collector's, which libc does not know; steps by turns. */
static struct {
	struct os_thread thread;
	struct test_pages pages;
	enum barrier rung;
	uint32_t step; /* even: the thread's turn */
	size_t found;  /* pages that its scan visited */
} coordinator;

static void test_give_turn(uint32_t step)
{
	store_release(&coordinator.step, step);
}

static void test_await_turn(uint32_t step)
{
	while (load_acquire(&coordinator.step) != step)
		os_futex_wait_ms(&coordinator.step, step - 1, 1);
}

static void test_count(uintptr_t lo, uintptr_t hi, void *arg)
{
	*(size_t *)arg += (hi - lo) / os_page_size;
}

static void test_coordinate(void *unused)
{
	const struct test_pages *t = &coordinator.pages;

	(void)unused;
	syscall3(SYS_close_range, 3, UINT32_MAX, CLOSE_RANGE_UNSHARE);
	coordinator.rung = dirty_init(coordinator.rung);
	dirty_begin();
	dirty_track(t->base, test_end(t));
	test_give_turn(1);
	test_await_turn(2);
	dirty_scan(t->base, test_end(t), DIRTY_FINAL, test_count,
		&coordinator.found);
}

START_TEST(test_a_thread_with_its_own_files_goes_on)
{
	os_init();
	coordinator.pages = test_pages_new(TEST_NPAGES);
	coordinator.rung = tracking[_i];
	ck_assert(os_thread_start(
		&coordinator.thread, test_coordinate, &thread_local_state));
	test_await_turn(1);
	ck_assert_int_eq(syscall(SYS_close_range, 3, ~0U, 0), 0);
	test_write(&coordinator.pages, 4, 2);
	test_write(&coordinator.pages, 9, 2);
	test_give_turn(2);
	os_thread_wait(&coordinator.thread);
	ck_assert_int_eq(coordinator.rung, tracking[_i]);
	ck_assert_uint_eq(coordinator.found, 2);
}
END_TEST

static void dirty_ladder_suite(TCase *tests)
{
	const int nrungs = test_find_rungs(tracking);

	test_find_all();
	UNIT_TEST(tests, test_auto_takes_the_best);
	UNIT_TABLE(tests, test_what_is_forced_is_taken_or_said, forced);
	UNIT_TABLE(tests, test_a_filter_makes_it_the_next_rung, filters);
	tcase_add_loop_test(
		tests, test_closed_files_cost_time_not_writes, 0, nrungs);
	tcase_add_loop_test(tests, test_the_child_of_fork_tracks, 0, nrungs);
	UNIT_TEST(tests, test_a_plain_user_under_a_filter);
	UNIT_TEST(tests, test_the_first_thread_may_be_gone);
	if (!SANITIZED) /* they cannot follow such a thread */
		tcase_add_loop_test(tests,
			test_a_thread_with_its_own_files_goes_on, 0, nrungs);
}
UNIT_MAIN("dirty_ladder", dirty_ladder_suite)
