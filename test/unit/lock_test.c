/*
 * lock_test: exclusion, sleeping and waking, ranks, fork.
 *
 * The counter behind the lock is a plain variable: under the thread sanitizer
 * the test also shows that unlock and lock order memory.
 */
#include "core/lock.h"

#include <pthread.h>
#include <time.h>

#include "core/atomics.h"
#include "core/thread.h"
#include "test/unit/unit.h"

enum {
	TEST_MAX_THREADS = 8,
	TEST_HOLD_US = 2000, /* long enough that contenders go to sleep */
	TEST_ROOM = 256,
};

static struct lock test_lock = LOCK_INIT(mheap);
static uint64_t test_counter; /* guarded by test_lock */
static int test_inside;       /* threads that hold test_lock */

static void test_sleep_us(long us)
{
	const struct timespec ts = {0, us * 1000};

	nanosleep(&ts, NULL);
}

/* How many threads fight for how long. */
struct test_fight {
	const char *name;
	int nthreads;
	int nrounds;
	int hold_us; /* how long each holds the lock; 0: not at all */
};

static const struct test_fight fights[] = {
	{"alone", 1, 100000, 0},
	{"two", 2, 50000, 0},
	{"eight", 8, 20000, 0},
	{"two_sleep", 2, 30, TEST_HOLD_US},
	{"eight_sleep", 8, 10, TEST_HOLD_US},
};

static void *test_fighter(void *arg)
{
	const struct test_fight *f = arg;

	thread_self()->busy = true;
	for (int i = 0; i < f->nrounds; i++) {
		lock(&test_lock);
		bool alone = fetch_add_relaxed(&test_inside, 1) == 0;
		test_counter++;
		if (f->hold_us > 0)
			test_sleep_us(f->hold_us);
		fetch_sub_relaxed(&test_inside, 1);
		unlock(&test_lock);
		if (!alone)
			return arg;
	}
	return NULL;
}

START_TEST(test_one_at_a_time_and_nobody_is_forgotten)
{
	const struct test_fight *f = &fights[_i];
	pthread_t threads[TEST_MAX_THREADS];

	for (int i = 0; i < f->nthreads; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, test_fighter,
					 (void *)(uintptr_t)f),
			0);
	for (int i = 0; i < f->nthreads; i++) {
		void *two_inside;
		pthread_join(threads[i], &two_inside);
		ck_assert_msg(two_inside == NULL, "%s", f->name);
	}
	ck_assert_uint_eq(
		test_counter, (uint64_t)f->nthreads * (uint64_t)f->nrounds);
	ck_assert_uint_eq(test_lock.state, 0);
}
END_TEST

static struct lock test_outer, test_inner;

static const char *const test_names[] = {
#define TEST_NAME(name, purpose) #name,
	FOR_EACH_LOCK(TEST_NAME)
#undef TEST_NAME
};

enum { TEST_NRANKS = UNIT_COUNT(test_names) };

static void test_take_both(void *unused)
{
	(void)unused;
	thread_self()->busy = true;
	lock(&test_outer);
	lock(&test_inner);
	unlock(&test_inner);
	unlock(&test_outer);
}

/* Every pair of ranks: only the growing ones are an order. */
START_TEST(test_ranks_only_grow)
{
	const uint32_t outer = (uint32_t)_i / TEST_NRANKS;
	const uint32_t inner = (uint32_t)_i % TEST_NRANKS;
	char line[TEST_ROOM];

	test_outer = (struct lock){0, outer};
	test_inner = (struct lock){0, inner};
	if (outer < inner || CHECK_LEVEL == 0) {
		ck_assert_int_eq(unit_run_child(test_take_both, NULL, line,
					 sizeof(line)),
			0);
		return;
	}
	snprintf(line, sizeof(line),
		"goalloc: lock order: %s taken while holding ranks %#x",
		test_names[inner], 1u << outer);
	ck_assert_dies(test_take_both, NULL, line);
}
END_TEST

static void test_take_several(void *unused)
{
	struct lock many[] = {
		LOCK_INIT(mcache), LOCK_INIT(mcache), LOCK_INIT(mcache)};
	struct lock last = LOCK_INIT(mheap);

	(void)unused;
	thread_self()->busy = true;
	for (size_t i = 0; i < UNIT_COUNT(many); i++)
		lock_one_of_many(&many[i]);
	lock(&last);
	unlock(&last);
	for (size_t i = 0; i < UNIT_COUNT(many); i++)
		unlock(&many[i]);
	if (thread_self()->held != 0)
		_exit(1);
}

START_TEST(test_fork_may_take_several_of_one_rank)
{
	char got[TEST_ROOM];

	ck_assert_int_eq(
		unit_run_child(test_take_several, NULL, got, sizeof(got)), 0);
}
END_TEST

static void test_take_when_not_busy(void *unused)
{
	(void)unused;
	lock(&test_lock);
}

static void test_give_what_is_free(void *unused)
{
	(void)unused;
	thread_self()->busy = true;
	unlock(&test_lock);
}

static void test_assert_free_is_held(void *unused)
{
	(void)unused;
	lock_assert_held(&test_lock);
}

/* What a caller can do wrong besides the order. */
struct test_misuse {
	void (*fn)(void *);
	const char *line;
};

static const struct test_misuse misuses[] = {
	{test_take_when_not_busy,
		"goalloc: check_rank: check failed: thread_self()->busy"},
	{test_give_what_is_free, "goalloc: lock mheap is not held"},
	{test_assert_free_is_held, "goalloc: lock mheap is not held"},
};

START_TEST(test_misuse_dies_where_checks_are_on)
{
	char got[TEST_ROOM];

	if (CHECK_LEVEL >= 1)
		ck_assert_dies(misuses[_i].fn, NULL, misuses[_i].line);
	else
		ck_assert_int_eq(
			unit_run_child(misuses[_i].fn, NULL, got, sizeof(got)),
			0);
}
END_TEST

START_TEST(test_assert_held_accepts_a_holder)
{
	thread_self()->busy = true;
	lock(&test_lock);
	lock_assert_held(&test_lock);
	unlock(&test_lock);
}
END_TEST

static void test_use_after_reset(void *unused)
{
	(void)unused;
	thread_self()->busy = true;
	thread_self()->held = 0;
	lock_reset(&test_lock);
	lock(&test_lock);
	unlock(&test_lock);
}

/* The child of fork gets locks that nobody in it will ever give back. */
START_TEST(test_reset_frees_a_lock_that_a_lost_thread_holds)
{
	char got[TEST_ROOM];

	thread_self()->busy = true;
	lock(&test_lock);
	ck_assert_int_eq(
		unit_run_child(test_use_after_reset, NULL, got, sizeof(got)),
		0);
	unlock(&test_lock);
}
END_TEST

static void lock_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_one_at_a_time_and_nobody_is_forgotten, fights);
	tcase_add_loop_test(
		tests, test_ranks_only_grow, 0, TEST_NRANKS * TEST_NRANKS);
	UNIT_TEST(tests, test_fork_may_take_several_of_one_rank);
	UNIT_TABLE(tests, test_misuse_dies_where_checks_are_on, misuses);
	UNIT_TEST(tests, test_assert_held_accepts_a_holder);
	UNIT_TEST(tests, test_reset_frees_a_lock_that_a_lost_thread_holds);
}
UNIT_MAIN("lock", lock_suite)
