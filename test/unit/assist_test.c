/*
 * assist_test: accounts and credit, step by step; and threads that pay for a
 * graph while a collector marks it: every object is marked once.
 */
#include "gc/assist.h"

#include <sched.h>

#include "core/heap.h"
#include "core/large.h"
#include "gc/collector.h"
#include "gc/cputime.h"
#include "gc/mark.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_NTHREADS = 4,
	TEST_NOBJECTS = SANITIZED ? 10000 : 60000,
	TEST_FANOUT = 3, /* of the tree of objects */
	TEST_LARGE_EVERY = 5000,
	TEST_LARGE = 300 << 10,
};

/* Accounts. */

START_TEST(test_debts_add_up_and_end_with_the_cycle)
{
	struct assist_account a = {0};

	ck_assert_int_eq(assist_charge(&a, 1, 100), 100);
	ck_assert_int_eq(assist_charge(&a, 1, 50), 150);
	ck_assert_int_eq(assist_charge(&a, 2, 50), 50);
	a.bytes = 120;
	ck_assert_int_eq(assist_charge(&a, 2, 100), 0);
	ck_assert_int_eq(a.bytes, 20);
	ck_assert_int_eq(assist_charge(&a, 2, 30), 10);
}
END_TEST

static const struct {
	const char *name;
	int64_t work, bytes; /* the debt's */
	int64_t done;        /* of the work */
	int64_t credited;    /* bytes */
} credit_cases[] = {
	{"all", 1000, 300, 1000, 300},
	{"more_than_all", 1000, 300, 5000, 300},
	{"half", 1000, 300, 500, 150},
	{"nothing", 1000, 300, 0, 0},
	{"large", INT64_C(1) << 40, INT64_C(1) << 42, INT64_C(1) << 39,
		INT64_C(1) << 41},
};

START_TEST(test_credit)
{
	const struct pacer_debt debt = {
		credit_cases[_i].work, credit_cases[_i].bytes};
	struct assist_account a = {-1000, 1};

	assist_credit(&a, &debt, credit_cases[_i].done);
	ck_assert_msg(a.bytes == credit_cases[_i].credited - 1000, "%s: %lld",
		credit_cases[_i].name, (long long)a.bytes);
}
END_TEST

START_TEST(test_background_is_taken_once)
{
	int64_t background = 1000;

	ck_assert_int_eq(assist_take(&background, 300), 300);
	ck_assert_int_eq(assist_take(&background, 800), 700);
	ck_assert_int_eq(assist_take(&background, 1), 0);
	ck_assert_int_eq(background, 0);
}
END_TEST

START_TEST(test_patience)
{
	const uint64_t least = assist_patience_ns(0, 0, 100);

	ck_assert_uint_gt(least, 0);
	ck_assert_uint_lt(least, 1000000);
	ck_assert_uint_eq(assist_patience_ns(64 << 10, 100, 100), least);
	ck_assert_uint_eq(assist_patience_ns(640 << 10, 0, 100), 10 * least);
	ck_assert_uint_eq(assist_patience_ns(SIZE_MAX, 0, 100),
		assist_patience_ns(1 << 30, 0, 100));
	ck_assert_uint_eq(assist_patience_ns(1, 104, 100), least);
	ck_assert_uint_eq(assist_patience_ns(1, 105, 100), 2 * least);
	ck_assert_uint_eq(assist_patience_ns(1, 110, 100), 4 * least);
	ck_assert_uint_eq(assist_patience_ns(1, UINT64_MAX, 1),
		assist_patience_ns(1, 200, 100));
	ck_assert_uint_eq(assist_patience_ns(1, 5, 0), least);
	ck_assert_uint_lt(
		assist_patience_ns(SIZE_MAX, UINT64_MAX, 1), 100000000);
}
END_TEST

/* Marking. */

static struct markpool pool = {.lock = LOCK_INIT(markpool)};
static struct marker marker;
static uintptr_t objects[TEST_NOBJECTS];
static uint64_t nbytes;
static bool is_over;

/* Object i points to 3 i + 1 .. 3 i + 3; some are large. */
static void test_make_tree(struct mcache *c)
{
	for (size_t i = 0; i < TEST_NOBJECTS; i++) {
		bool zeroed = true;
		uintptr_t *p = i % TEST_LARGE_EVERY == 7
				       ? large_alloc(TEST_LARGE, 16, &zeroed)
				       : test_alloc(c, 4 + (unsigned)i % 9);
		ck_assert_ptr_nonnull(p);
		objects[i] = (uintptr_t)p;
		nbytes += mspan_elemsize(test_object_at(p).span);
		memset(p, 0, TEST_FANOUT * sizeof *p);
		if (i > 0)
			((uintptr_t *)objects[(i - 1) / TEST_FANOUT])
				[(i - 1) % TEST_FANOUT] = (uintptr_t)p;
	}
}

/* A program that does nothing but allocate, so to speak. */
static void *test_payer(void *unused)
{
	thread_self()->busy = true;
	while (!load_acquire(&is_over)) {
		assist_pay(256 << 10);
		sched_yield();
	}
	return unused;
}

/* Puts something up, and lets others take it. */
static void test_share_slice(struct marker *m)
{
	assist_note_scanned(0);
	marker_share(m);
	usleep(200);
}

static void test_begin(void)
{
	struct assist_plan plan = {
		.goal = 1000, .scan_max = nbytes, .pool = &pool};

	pacer_init(&plan.pacer, 100, INT64_MAX);
	pacer_start_cycle(&plan.pacer, 0);
	store_relaxed(&collector.heap_live, nbytes);
	mark_prepare();
	marker_join(&marker, &pool);
	marker.slice = test_share_slice;
	assist_begin(&plan);
}

/* Marks from object 0; bytes that assists have marked. */
static uint64_t test_mark_all(void)
{
	mark_roots(&marker, objects, 1);
	mark_drain(&marker);
	assist_end();
	marker.slice = NULL;
	mark_drain(&marker); /* what the last of them left */
	marker_leave(&marker);
	return assist_read_totals().marked;
}

START_TEST(test_every_object_is_marked_once)
{
	pthread_t threads[TEST_NTHREADS];

	thread_self()->busy = true;
	ck_assert(heap_start());
	test_make_tree(mcache_acquire(true));
	cputime_init(64); /* never more than half of them */
	for (int i = 0; i < TEST_NTHREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, test_payer, NULL), 0);
	for (int cycle = 0; cycle < 3; cycle++) {
		test_begin();
		const uint64_t assisted = test_mark_all();
		ck_assert_uint_gt(assisted, 0);
		ck_assert_uint_eq(marker.marked_bytes + assisted, nbytes);
		for (size_t i = 0; i < TEST_NOBJECTS; i++)
			ck_assert(mark_is_marked(
				test_object_at((void *)objects[i])));
		ck_assert_uint_eq(pool.nmarkers, 0);
	}
	store_release(&is_over, true);
	for (int i = 0; i < TEST_NTHREADS; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

/* With nobody else to mark, who allocates does it all. */
START_TEST(test_an_assist_alone_marks_all_but_large_objects)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
	test_make_tree(mcache_acquire(true));
	cputime_init(64);
	test_begin();
	mark_roots(&marker, objects, 1);
	marker_offer(&marker);
	for (int i = 0; i < 100000 && (pool.full != NULL || pool.nmarkers > 1);
		i++)
		assist_pay(1 << 20);
	ck_assert_ptr_null(pool.full);
	ck_assert_ptr_nonnull(pool.aside);
	ck_assert_uint_gt(assist_read_totals().marked, nbytes / 10);
	const uint64_t assisted = test_mark_all();
	ck_assert_uint_eq(marker.marked_bytes + assisted, nbytes);
}
END_TEST

START_TEST(test_nobody_pays_between_cycles)
{
	thread_self()->busy = true;
	assist_pay(1 << 30);
	ck_assert_uint_eq(assist_read_totals().scanned, 0);
	ck_assert(!assist_is_hungry());
}
END_TEST

static void assist_suite(TCase *tests)
{
	UNIT_TEST(tests, test_debts_add_up_and_end_with_the_cycle);
	UNIT_TABLE(tests, test_credit, credit_cases);
	UNIT_TEST(tests, test_background_is_taken_once);
	UNIT_TEST(tests, test_patience);
	UNIT_TEST(tests, test_every_object_is_marked_once);
	UNIT_TEST(tests, test_an_assist_alone_marks_all_but_large_objects);
	UNIT_TEST(tests, test_nobody_pays_between_cycles);
}
UNIT_MAIN("assist", assist_suite)
