/*
 * sweep_test: random spans, marked and freed at random, against a plain
 * record of what each object's fate should be.
 */
#include "gc/sweep.h"

#include "core/heap.h"
#include "core/large.h"
#include "core/mheap.h"
#include "core/options.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_NOBJECTS = SANITIZED ? 3000 : 20000,
	TEST_LARGE_EVERY = 400,
	TEST_LARGE = 100 << 10,
	TEST_ROUNDS = 6,
};

/* What became of an object. */
static struct test_object {
	void *p;
	size_t size;
	bool is_freed;  /* by the program: deferred */
	bool is_marked; /* by the collector */
	bool is_gone;   /* a sweep has taken it */
} objects[TEST_NOBJECTS];

static uint64_t seed;

static void test_begin(void)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
	gc_mode.on = gc_mode.defers = true;
}

static void *test_alloc_any(struct mcache *c, int i)
{
	static const unsigned some[] = {1, 2, 3, 5, 8, 13, 21, 34, 55, 66};
	bool zeroed = false;

	if (i % TEST_LARGE_EVERY == 0)
		return large_alloc(TEST_LARGE, 16, &zeroed);
	return test_alloc(c, some[test_random(&seed) % UNIT_COUNT(some)]);
}

static void test_fill(struct mcache *c)
{
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		if (objects[i].p != NULL && !objects[i].is_gone)
			continue;
		objects[i] = (struct test_object){.p = test_alloc_any(c, i)};
		ck_assert_ptr_nonnull(objects[i].p);
		objects[i].size =
			mspan_elemsize(test_object_at(objects[i].p).span);
	}
}

/* The program frees some; the collector reaches some. */
static void test_free_and_mark(void)
{
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		struct test_object *o = &objects[i];
		const struct objref r = test_object_at(o->p);
		if (!o->is_freed && test_random(&seed) % 3 == 0) {
			o->is_freed = true;
			ck_assert(gc_free(r));
			ck_assert(!gc_free(r)); /* a second time is seen */
		}
	}
	mark_prepare();
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		const struct objref r = test_object_at(objects[i].p);
		objects[i].is_marked = test_random(&seed) % 2 == 0;
		if (objects[i].is_marked)
			fetch_or_seqcst(&mspan_marks(r.span)[r.index / 64],
				UINT64_C(1) << r.index % 64);
	}
}

static bool test_is_live(const struct test_object *o)
{
	struct mspan *s = heapmap_lookup((uintptr_t)o->p);

	return s != NULL && mspan_is_allocated(test_object_at(o->p));
}

/* Everything is as the record says.  How many objects are gone. */
static unsigned test_compare(bool keeps)
{
	unsigned ngone = 0;

	for (int i = 0; i < TEST_NOBJECTS; i++) {
		struct test_object *o = &objects[i];
		o->is_gone = !o->is_marked && (o->is_freed || !keeps);
		ck_assert_msg(test_is_live(o) == !o->is_gone,
			"object %d of %zu bytes: freed %d, marked %d, live %d",
			i, o->size, o->is_freed, o->is_marked, test_is_live(o));
		ngone += o->is_gone;
	}
	return ngone;
}

static void test_sweep_all(struct mcache *c)
{
	sweep_begin();
	sweep_current(c);
	sweep_finish();
}

START_TEST(test_random_rounds)
{
	const bool keeps = _i % 2 == 1;

	test_begin();
	seed = (uint64_t)_i + 1;
	options.unreachable = keeps ? UNREACHABLE_KEEP : UNREACHABLE_RECLAIM;
	struct mcache *c = mcache_acquire(true);
	for (int round = 0; round < TEST_ROUNDS; round++) {
		test_fill(c);
		test_free_and_mark();
		const uint64_t before = sweep_read_totals().nfreed;
		test_sweep_all(c);
		ck_assert_uint_eq(sweep_read_totals().nfreed - before,
			test_compare(keeps));
	}
	pages_verify(&mheap.pages);
}
END_TEST

/* What is allocated before its span is swept is not for that sweep. */
START_TEST(test_new_objects_survive_a_late_sweep)
{
	test_begin();
	struct mcache *c = mcache_acquire(true);
	const unsigned class = sizeclass_of(64);
	void *old = test_alloc(c, class);
	mark_prepare();
	void *during = test_alloc(c, class);
	sweep_begin();
	void *after = test_alloc(c, class);
	sweep_current(c);
	ck_assert(!mspan_is_allocated(test_object_at(old)));
	ck_assert(mspan_is_allocated(test_object_at(during)));
	ck_assert(mspan_is_allocated(test_object_at(after)));
}
END_TEST

/* A refill finds room in a span that a sweep has emptied. */
START_TEST(test_a_refill_sweeps_first)
{
	test_begin();
	struct mcache *c = mcache_acquire(true);
	const unsigned class = sizeclass_of(1024);
	for (int i = 0; i < TEST_NOBJECTS / 10; i++)
		test_alloc(c, class);
	const size_t nspans = mheap.nspans;
	mark_prepare(); /* and nothing is reached */
	sweep_begin();
	for (int i = 0; i < TEST_NOBJECTS / 20; i++)
		test_alloc(c, class);
	ck_assert_uint_le(mheap.nspans, nspans);
}
END_TEST

/* Spans of a thread that has ended are swept where they are. */
START_TEST(test_unowned_spans)
{
	test_begin();
	struct mcache *c = mcache_acquire(true);
	const unsigned class = sizeclass_of(64);
	void *kept = NULL;
	for (int i = 0; i < TEST_NOBJECTS; i++)
		kept = test_alloc(c, class);
	mcache_release(c);
	const struct objref r = test_object_at(kept);
	mark_prepare();
	fetch_or_seqcst(&mspan_marks(r.span)[r.index / 64],
		UINT64_C(1) << r.index % 64);
	sweep_begin();
	sweep_finish();
	ck_assert(mspan_is_allocated(r));
	ck_assert_uint_eq(mheap.nspans, 1);
}
END_TEST

/* A span that is freed while a mark runs stays until it is over. */
START_TEST(test_spans_are_held)
{
	bool zeroed = false;

	test_begin();
	gc_mode.defers = false;
	void *p = large_alloc(TEST_LARGE, 16, &zeroed);
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	mheap_hold_spans(true);
	ck_assert(large_free((struct objref){s, 0}));
	ck_assert_ptr_eq(heapmap_lookup((uintptr_t)p), s);
	*(volatile char *)p = 1;
	mheap_hold_spans(false);
	ck_assert_ptr_null(heapmap_lookup((uintptr_t)p));
	pages_verify(&mheap.pages);
}
END_TEST

static void sweep_suite(TCase *tests)
{
	tcase_add_loop_test(tests, test_random_rounds, 0, 10);
	UNIT_TEST(tests, test_new_objects_survive_a_late_sweep);
	UNIT_TEST(tests, test_a_refill_sweeps_first);
	UNIT_TEST(tests, test_unowned_spans);
	UNIT_TEST(tests, test_spans_are_held);
}

UNIT_MAIN("sweep", sweep_suite)
