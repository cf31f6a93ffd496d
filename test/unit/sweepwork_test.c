/*
 * sweepwork_test: how much of the heap is swept when, and that several
 * threads sweep all of it, each piece once.
 */
#include "gc/sweepwork.h"

#include "core/heap.h"
#include "core/options.h"
#include "gc/mark.h"
#include "gc/sweep.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_NTHREADS = 4,
	TEST_NOBJECTS = 60000,
	TEST_SIZE_CLASS = 30,
};

static void *objects[TEST_NOBJECTS];

/* Every second object is marked. */
static void test_begin(uint64_t heap_live, uint64_t done_at)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
	struct mcache *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(c, TEST_SIZE_CLASS);
	mark_prepare();
	for (int i = 0; i < TEST_NOBJECTS; i += 2) {
		const struct objref o = test_object_at(objects[i]);
		mspan_marks(o.span)[o.index / 64] |= UINT64_C(1)
						     << o.index % 64;
	}
	sweep_begin();
	sweepwork_begin(heap_live, done_at);
}

static void test_all_is_swept(void)
{
	sweepwork_finish();
	sweep_finish();
	for (int i = 0; i < TEST_NOBJECTS; i += 2)
		ck_assert(mspan_is_allocated(test_object_at(objects[i])));
	ck_assert_uint_ge(sweep_read_totals().nfreed, TEST_NOBJECTS / 2 - 2000);
	ck_assert_uint_le(sweep_read_totals().nfreed, TEST_NOBJECTS / 2);
}

START_TEST(test_nothing_is_due_at_first)
{
	test_begin(100 << 20, 200 << 20);
	sweepwork_pay(100 << 20, 1);
	ck_assert_uint_eq(sweep_read_totals().nspans, 0);
	test_all_is_swept();
}
END_TEST

START_TEST(test_half_way_half_is_swept)
{
	test_begin(100 << 20, 201 << 20);
	const uint64_t npages = heapmap.size >> GO_PAGE_SHIFT;
	for (int i = 0; i < 1000; i++)
		sweepwork_pay(150 << 20, 1);
	const uint64_t half = sweep_read_totals().nspans;
	ck_assert_uint_gt(half, 0);
	test_all_is_swept();
	const uint64_t all = sweep_read_totals().nspans;
	ck_assert_uint_gt(npages, 64);
	ck_assert_uint_ge(half, all * 4 / 10);
	ck_assert_uint_le(half, all * 7 / 10);
}
END_TEST

START_TEST(test_one_call_sweeps_a_little)
{
	test_begin(100 << 20, 200 << 20);
	sweepwork_pay(200 << 20, 1);
	const uint64_t one = sweep_read_totals().nspans;
	ck_assert_uint_gt(one, 0);
	sweepwork_pay(200 << 20, 10 << 20);
	ck_assert_uint_gt(sweep_read_totals().nspans, one);
	test_all_is_swept();
}
END_TEST

static void *test_payer(void *unused)
{
	thread_self()->busy = true;
	while (sweepwork_some())
		sweepwork_pay(UINT64_MAX, 100000);
	return unused;
}

START_TEST(test_threads_share)
{
	pthread_t threads[TEST_NTHREADS];

	test_begin(100 << 20, 100 << 20);
	for (int i = 0; i < TEST_NTHREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, test_payer, NULL), 0);
	test_all_is_swept();
	for (int i = 0; i < TEST_NTHREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert(!sweepwork_some());
}
END_TEST

static void sweepwork_suite(TCase *tests)
{
	UNIT_TEST(tests, test_nothing_is_due_at_first);
	UNIT_TEST(tests, test_half_way_half_is_swept);
	UNIT_TEST(tests, test_one_call_sweeps_a_little);
	UNIT_TEST(tests, test_threads_share);
}
UNIT_MAIN("sweepwork", sweepwork_suite)
