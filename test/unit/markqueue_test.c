/*
 * markqueue_test: nothing that is pushed is lost or comes twice, and the end
 * is seen when there is no work left, not before.
 */
#include "gc/markqueue.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "core/atomics.h"
#include "core/thread.h"
#include "test/unit/unit.h"

enum {
	TEST_NTHREADS = 4,
	TEST_DEPTH = SANITIZED ? 13 : 17, /* of the tree of items */
	TEST_SPREAD = 2,
	TEST_MANY = 100000,
};

static struct markpool pool = {.lock = LOCK_INIT(markpool)};
static uint8_t seen[1 << (TEST_DEPTH + 1)];

static const unsigned counts[] = {0, 1, MARKQUEUE_ITEMS - 1, MARKQUEUE_ITEMS,
	MARKQUEUE_ITEMS + 1, 2 * MARKQUEUE_ITEMS, 2 * MARKQUEUE_ITEMS + 1,
	7 * MARKQUEUE_ITEMS + 3};

START_TEST(test_all_come_out_once)
{
	static uint8_t out[TEST_MANY];
	struct markqueue q;
	const unsigned n = counts[_i];

	thread_self()->busy = true;
	markqueue_join(&q, &pool);
	for (unsigned i = 1; i <= n; i++)
		markqueue_push(&q, i);
	for (unsigned i = 1; i <= n; i++)
		out[markqueue_take(&q)]++;
	ck_assert_uint_eq(markqueue_take(&q), 0);
	for (unsigned i = 1; i <= n; i++)
		ck_assert_uint_eq(out[i], 1);
	ck_assert_uint_eq(out[0], 0);
	ck_assert(!markqueue_wait(&q));
	markqueue_leave(&q);
	ck_assert_uint_eq(pool.nmarkers, 0);
	ck_assert_uint_eq(pool.nidle, 0);
}
END_TEST

START_TEST(test_who_leaves_leaves_its_items)
{
	struct markqueue q, heir;
	uint64_t sum = 0, item;

	thread_self()->busy = true;
	markqueue_join(&q, &pool);
	markqueue_push(&q, 1);
	markqueue_push(&q, 2);
	q.ring[3] = 4;
	markqueue_leave(&q);
	markqueue_join(&heir, &pool);
	ck_assert(markqueue_wait(&heir));
	while ((item = markqueue_take(&heir)) != 0)
		sum += item;
	ck_assert_uint_eq(sum, 7);
	markqueue_leave(&heir);
}
END_TEST

START_TEST(test_half_is_shared)
{
	struct markqueue q, other;
	uint64_t sum = 0, item;

	thread_self()->busy = true;
	markqueue_join(&q, &pool);
	markqueue_join(&other, &pool);
	for (uint64_t i = 1; i <= 100; i++)
		markqueue_push(&q, i);
	markqueue_share(&q);
	for (unsigned i = 0; (item = markqueue_take(&other)) != 0; i++)
		sum += item;
	ck_assert_uint_eq(sum, 50 * 51 / 2); /* the oldest */
	while ((item = markqueue_take(&q)) != 0)
		sum += item;
	ck_assert_uint_eq(sum, 100 * 101 / 2);
	markqueue_leave(&q);
	markqueue_leave(&other);
}
END_TEST

/* Item n stands for node n of a binary tree; whoever takes it pushes both. */
static void *test_walk_tree(void *arg)
{
	struct markqueue q;
	uint64_t n;

	(void)arg;
	thread_self()->busy = true;
	markqueue_join(&q, &pool);
	do {
		while ((n = markqueue_take(&q)) != 0) {
			fetch_add_relaxed(&seen[n], 1);
			if (n >= 1 << TEST_DEPTH)
				continue;
			markqueue_push(&q, 2 * n);
			markqueue_push(&q, 2 * n + 1);
			if (load_relaxed(&pool.nidle) > 0)
				markqueue_share(&q);
		}
	} while (markqueue_wait(&q));
	markqueue_leave(&q);
	return NULL;
}

START_TEST(test_markers_share_a_tree)
{
	pthread_t threads[TEST_NTHREADS];
	struct markqueue q;

	thread_self()->busy = true;
	markqueue_join(&q, &pool);
	markqueue_push(&q, 1);
	for (int i = 0; i < TEST_NTHREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, test_walk_tree, NULL),
			0);
	markqueue_leave(&q);
	test_walk_tree(NULL);
	for (int i = 0; i < TEST_NTHREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t n = 1; n < sizeof(seen); n++)
		ck_assert_msg(seen[n] == 1, "node %zu: %u times", n, seen[n]);
	ck_assert_uint_eq(pool.nmarkers, 0);
	ck_assert_uint_eq(pool.nidle, 0);
}
END_TEST

START_TEST(test_no_memory_is_said)
{
	struct markqueue q;
	struct rlimit none = {0, RLIM_INFINITY};
	unsigned n = 0;

	thread_self()->busy = true;
	markqueue_join(&q, &pool);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
	for (unsigned i = 1; i <= TEST_MANY; i++)
		markqueue_push(&q, i);
	ck_assert(markpool_take_overflow(&pool));
	ck_assert(!markpool_take_overflow(&pool));
	while (markqueue_take(&q) != 0)
		n++;
	ck_assert_uint_lt(n, TEST_MANY);
	markqueue_leave(&q);
}
END_TEST

static void markqueue_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_all_come_out_once, counts);
	UNIT_TEST(tests, test_who_leaves_leaves_its_items);
	UNIT_TEST(tests, test_half_is_shared);
	UNIT_TEST(tests, test_markers_share_a_tree);
	if (!SANITIZED) /* the sanitizers need address space */
		UNIT_TEST(tests, test_no_memory_is_said);
}

UNIT_MAIN("markqueue", markqueue_suite)
