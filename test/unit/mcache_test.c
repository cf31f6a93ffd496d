/*
 * mcache_test: threads that allocate and free their own objects and each
 * other's.  At the end of each test nothing may be left in use.
 */
#include <sched.h>

#include "core/fixalloc.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_NOBJECTS = 5000,
	TEST_NTHREADS = 6,
	TEST_NSTEPS = SANITIZED ? 8000 : 40000,
	TEST_NSLOTS = 1024,
};

static const unsigned classes[] = {1, 2, 5, 20, 40, 60, NCLASSES - 1};

static void *objects[TEST_NOBJECTS];

/* All mcaches are given back: every span has to be too. */
static void test_assert_nothing_is_left(void)
{
	ck_assert_uint_eq(mcaches.ninuse, 0);
	ck_assert_uint_eq(mheap.nspans, 0);
	ck_assert_uint_eq(mheap.purged_bytes, 0);
	ck_assert_uint_eq(mheap.pages.npages_free, mheap.pages.npages_known);
	ck_assert_uint_le(fixalloc_inuse(), test_mcache_bytes());
	pages_verify(&mheap.pages);
}

/* One thread. */

static int test_compare(const void *a, const void *b)
{
	const uintptr_t p = *(const uintptr_t *)a, q = *(const uintptr_t *)b;

	return p < q ? -1 : p > q;
}

START_TEST(test_objects_are_apart_and_in_their_class)
{
	static uintptr_t sorted[TEST_NOBJECTS];
	const unsigned class = classes[_i];
	const size_t size = sizeclass_table[class].size;

	test_start();
	struct mcache *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		objects[i] = test_alloc(c, class);
		sorted[i] = (uintptr_t)objects[i];
		const struct objref o = test_object_at(objects[i]);
		ck_assert(mspan_is_allocated(o));
		ck_assert_uint_eq(mspan_object(o), sorted[i]);
		ck_assert_uint_eq(o.span->class, class);
	}
	qsort(sorted, TEST_NOBJECTS, sizeof(sorted[0]), test_compare);
	for (int i = 1; i < TEST_NOBJECTS; i++)
		ck_assert_uint_ge(sorted[i] - sorted[i - 1], size);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

/* Orders of freeing: the i-th object freed. */
static const struct {
	const char *name;
	int first, step;
} orders[] = {
	{"first_first", 0, 1},
	{"last_first", TEST_NOBJECTS - 1, TEST_NOBJECTS - 1},
	{"scattered", 0, 1009},
	{"in_stripes", 0, 3},
};

START_TEST(test_room_is_used_again)
{
	test_start();
	struct mcache *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(c, 5);
	const size_t nspans = mheap.nspans;
	for (int round = 0; round < 5; round++) {
		int at = orders[_i].first;
		for (int i = 0; i < TEST_NOBJECTS; i++) {
			test_free(c, objects[at]);
			objects[at] = NULL;
			at = (at + orders[_i].step) % TEST_NOBJECTS;
		}
		for (int i = 0; i < TEST_NOBJECTS; i++) {
			ck_assert_ptr_null(objects[i]);
			objects[i] = test_alloc(c, 5);
		}
		ck_assert_uint_le(mheap.nspans, nspans + 1);
	}
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_empty_spans_go_back_but_for_one)
{
	test_start();
	struct mcache *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(c, classes[_i]);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	test_flush(c, classes[_i]);
	ck_assert_uint_le(mheap.nspans, 2); /* that and the current one */
	ck_assert_uint_gt(mcache_trim(c), 0);
	ck_assert_uint_eq(mheap.nspans, 0);
	test_free(c, test_alloc(c, classes[_i])); /* and it goes on */
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_sparse_spans_give_back_their_pages)
{
	const unsigned class = sizeclass_of(1024);

	test_start();
	struct mcache *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(c, class);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		if (i % 64 != 0)
			test_free(c, objects[i]);
	ck_assert_uint_gt(mheap.purged_bytes, TEST_NOBJECTS * 1024 / 2);
	/* Room in them is found again, and the objects left are intact. */
	for (int i = 0; i < TEST_NOBJECTS; i++)
		if (i % 64 != 0)
			objects[i] = test_alloc(c, class);
	ck_assert_uint_le(mheap.purged_bytes, MAX_SPAN_PAGES * GO_PAGE_SIZE);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

/* Two threads: who allocates and who frees. */

START_TEST(test_a_second_free_is_refused)
{
	test_start();
	struct mcache *c = mcache_acquire(true),
		      *stranger = mcache_acquire(true);
	struct objref o[4];

	for (int i = 0; i < 4; i++)
		o[i] = test_object_at(test_alloc(c, 5));
	ck_assert(mcache_free(c, o[0])); /* by the owner, twice */
	ck_assert(!mcache_free(c, o[0]));
	ck_assert(mcache_free(stranger, o[1])); /* by a stranger, twice */
	ck_assert(!mcache_free(stranger, o[1]));
	ck_assert(mcache_free(stranger, o[2])); /* by one, then the other */
	ck_assert(!mcache_free(c, o[2]));
	ck_assert(mcache_free(c, o[3]));
	ck_assert(!mcache_free(stranger, o[3]));
	ck_assert(!mcache_free(NULL, o[3]));
	mcache_release(stranger);
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

/* The owner is asleep: it does nothing from here on. */
START_TEST(test_spans_are_taken_from_a_sleeping_owner)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *owner = mcache_acquire(true), *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(owner, class);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(i % 2 != 0 ? c : NULL, objects[i]);
	ck_assert_uint_le(mheap.nspans, 1); /* the current one stays */
	mcache_trim(owner);
	ck_assert_uint_eq(mheap.nspans, 0);
	mcache_release(owner);
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_the_owner_collects_what_strangers_freed)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *owner = mcache_acquire(true), *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(owner, class);
	const size_t nspans = mheap.nspans;
	for (int round = 0; round < 5; round++) {
		/* One of two stays, so that no span becomes empty. */
		for (int i = round % 2; i < TEST_NOBJECTS; i += 2)
			test_free(c, objects[i]);
		for (int i = round % 2; i < TEST_NOBJECTS; i += 2)
			objects[i] = test_alloc(owner, class);
		ck_assert_uint_le(mheap.nspans, nspans + nspans / 8 + 2);
	}
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	mcache_release(owner);
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_a_thread_that_ends_leaves_live_objects)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *owner = mcache_acquire(true), *c = mcache_acquire(true);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(owner, class);
	for (int i = 0; i < TEST_NOBJECTS; i += 3)
		test_free(c, objects[i]); /* pending when the owner ends */
	mcache_release(owner);
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		if (i % 3 == 0)
			continue;
		ck_assert_ptr_ne(test_owner(objects[i]), owner);
		test_free(c, objects[i]);
	}
	mcache_release(c);
	test_assert_nothing_is_left();
}
END_TEST

/* Many threads. */

static void *slots[TEST_NSLOTS];
static int nfinished;

static void test_leave(struct mcache *c, uint64_t *seed, void *p)
{
	void **slot = &slots[test_random(seed) % TEST_NSLOTS];
	void *old = exchange_seqcst(slot, p);

	if (old != NULL)
		test_free(c, old);
}

static unsigned test_any_class(uint64_t *seed)
{
	return classes[test_random(seed) % UNIT_COUNT(classes)];
}

/* Everybody allocates, everybody frees what anybody left. */
static void *test_mix(void *number)
{
	struct mcache *c = test_thread_mcache();
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int i = 0; i < TEST_NSTEPS; i++)
		test_leave(c, &seed, test_alloc(c, test_any_class(&seed)));
	mcache_release(c);
	return NULL;
}

/* One class only: the same few spans go from hand to hand. */
static void *test_mix_one_class(void *number)
{
	struct mcache *c = test_thread_mcache();
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int i = 0; i < TEST_NSTEPS; i++) {
		const bool take = test_random(&seed) % 4 != 0;
		test_leave(c, &seed, take ? test_alloc(c, 60) : NULL);
	}
	mcache_release(c);
	return NULL;
}

/* The even threads only allocate, the odd ones only free. */
static void *test_produce_or_consume(void *number)
{
	const bool produce = (intptr_t)number % 2 == 0;
	struct mcache *c = test_thread_mcache();
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int i = 0; i < TEST_NSTEPS; i++) {
		void **slot = &slots[test_random(&seed) % TEST_NSLOTS];
		void *p = NULL;
		if (produce && load_relaxed(slot) == NULL)
			p = test_alloc(c, test_any_class(&seed));
		void *old = NULL;
		if (p != NULL || !produce)
			old = exchange_seqcst(slot, p);
		if (old != NULL)
			test_free(c, old);
	}
	mcache_release(c);
	return NULL;
}

/* Allocates and dies young, again and again; others free what it left. */
static void *test_come_and_go(void *number)
{
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int life = 0; life < TEST_NSTEPS / 500; life++) {
		struct mcache *c = test_thread_mcache();
		for (int i = 0; i < 300; i++)
			test_leave(c, &seed, test_alloc(c, 5 + life % 3));
		mcache_release(c);
	}
	return NULL;
}

/* Trims all the time, beside threads that free into its spans. */
static void *test_trim_much(void *number)
{
	struct mcache *c = test_thread_mcache();
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int i = 0; i < TEST_NSTEPS / 8; i++) {
		for (int n = 0; n < 8; n++)
			test_leave(c, &seed, test_alloc(c, 20));
		if (i % 64 == 0)
			mcache_trim(c);
	}
	mcache_release(c);
	return NULL;
}

static size_t test_nspans(void)
{
	lock(&mheap.lock);
	const size_t n = mheap.nspans;
	unlock(&mheap.lock);
	return n;
}

/* One allocates all, then waits; the others free all of it. */
static void *test_free_for_a_sleeper(void *number)
{
	const int n = (int)(intptr_t)number;
	struct mcache *c = test_thread_mcache();

	for (int round = 1; round <= 20; round++) {
		if (n == 0)
			for (int i = 0; i < TEST_NOBJECTS; i++)
				store_release(&objects[i], test_alloc(c, 20));
		for (int i = n == 0 ? TEST_NOBJECTS : n - 1; i < TEST_NOBJECTS;
			i += TEST_NTHREADS - 1) {
			void *p;
			while ((p = exchange_seqcst(&objects[i], NULL)) == NULL)
				sched_yield();
			test_free(n % 2 != 0 ? c : NULL, p);
		}
		fetch_add_relaxed(&nfinished, 1);
		while (load_acquire(&nfinished) < round * TEST_NTHREADS)
			sched_yield();
		/* The sleeper's current span stays. */
		if (n == 0 && test_nspans() > 1)
			return objects;
	}
	mcache_release(c);
	return NULL;
}

static const struct {
	const char *name;
	void *(*fn)(void *);
} patterns[] = {
	{"mix", test_mix},
	{"mix_one_class", test_mix_one_class},
	{"produce_or_consume", test_produce_or_consume},
	{"come_and_go", test_come_and_go},
	{"trim_much", test_trim_much},
	{"free_for_a_sleeper", test_free_for_a_sleeper},
};

START_TEST(test_threads_leave_nothing_behind)
{
	test_start();
	test_run_threads(TEST_NTHREADS, patterns[_i].fn);
	for (int i = 0; i < TEST_NSLOTS; i++)
		if (slots[i] != NULL)
			test_free(NULL, slots[i]);
	test_assert_nothing_is_left();
}
END_TEST

static void mcache_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_objects_are_apart_and_in_their_class, classes);
	UNIT_TABLE(tests, test_room_is_used_again, orders);
	UNIT_TABLE(tests, test_empty_spans_go_back_but_for_one, classes);
	UNIT_TEST(tests, test_sparse_spans_give_back_their_pages);
	UNIT_TEST(tests, test_a_second_free_is_refused);
	UNIT_TABLE(tests, test_spans_are_taken_from_a_sleeping_owner, classes);
	UNIT_TABLE(
		tests, test_the_owner_collects_what_strangers_freed, classes);
	UNIT_TABLE(tests, test_a_thread_that_ends_leaves_live_objects, classes);
	UNIT_TABLE(tests, test_threads_leave_nothing_behind, patterns);
}
UNIT_MAIN("mcache", mcache_suite)
