/*
 * mcentral_test: spans that nobody owns, and threads that come and go.
 */
#include "core/fixalloc.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_NOBJECTS = 3000, /* many spans of every class used here */
	TEST_NTHREADS = 6,
	TEST_NLIVES = 15,   /* mcaches that a thread has one after another */
	TEST_NSTEPS = 2000, /* in each */
	TEST_NSLOTS = 4096, /* places where threads leave objects for others */
};

static const unsigned classes[] = {1, 2, 5, 20, 40, 60};

static void *objects[TEST_NOBJECTS];

/* What lies in mcentral's lists. */
struct test_census {
	size_t nspans;
	size_t nobjects; /* allocated and not freed by a stranger */
	size_t nby_list[MSPAN_NLISTS];
};

static void test_count_span(struct test_census *census, struct mspan *s)
{
	ck_assert_uint_eq(mspan_remote(s)->handoff, 0);
	ck_assert_ptr_eq(s->owner, &mcache_none);
	mspan_verify(s);
	census->nspans++;
	for (uint32_t i = 0; i < s->nelems; i++)
		census->nobjects +=
			mspan_is_allocated((struct objref){s, i}) &&
			!mspan_is_marked_remote((struct objref){s, i});
}

static struct test_census test_take_census(void)
{
	struct test_census census = {0};

	for (unsigned class = 1; class < NCLASSES; class ++) {
		for (unsigned id = 0; id < MSPAN_NLISTS; id++) {
			const struct mspan_list *l =
				&mcentrals[class].lists[id];
			for (struct mspan *s = l->head; s != NULL;
				s = s->next) {
				ck_assert_uint_eq(s->list, id);
				ck_assert_uint_eq(s->class, class);
				test_count_span(&census, s);
			}
			census.nby_list[id] += l->n;
		}
	}
	return census;
}

static void test_fill_objects(struct mcache *c, unsigned class)
{
	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(c, class);
}

/* Frees every object but one in so many. */
static int test_thin_out(struct mcache *c, int keep)
{
	int nkept = 0;

	for (int i = 0; i < TEST_NOBJECTS; i++) {
		if (i % keep == 0)
			nkept++;
		else
			test_free(c, objects[i]);
	}
	return nkept;
}

START_TEST(test_what_a_thread_leaves_is_listed)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *c = mcache_acquire(true);
	test_fill_objects(c, class);
	mcache_release(c);
	const struct test_census census = test_take_census();
	ck_assert_uint_eq(census.nspans, mheap.nspans);
	ck_assert_uint_eq(census.nobjects, TEST_NOBJECTS);
	ck_assert_uint_ge(census.nby_list[MSPAN_FULL], census.nspans - 1);
}
END_TEST

START_TEST(test_what_is_empty_is_not_listed)
{
	test_start();
	struct mcache *c = mcache_acquire(true);
	test_fill_objects(c, classes[_i]);
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	mcache_release(c);
	ck_assert_uint_eq(test_take_census().nspans, 0);
	ck_assert_uint_eq(mheap.nspans, 0);
}
END_TEST

START_TEST(test_spans_with_room_are_taken_before_new_ones)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *c = mcache_acquire(true);
	test_fill_objects(c, class);
	const int nkept = test_thin_out(c, 3);
	mcache_release(c);
	const size_t nspans = mheap.nspans;

	c = mcache_acquire(true);
	for (int i = nkept; i < TEST_NOBJECTS; i++)
		test_alloc(c, class);
	ck_assert_uint_le(mheap.nspans, nspans);
	ck_assert_uint_eq(test_take_census().nby_list[MSPAN_FULL], 0);
}
END_TEST

START_TEST(test_a_free_adopts_the_span)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *c = mcache_acquire(true);
	test_fill_objects(c, class);
	mcache_release(c);
	const size_t nspans = test_take_census().nspans;

	c = mcache_acquire(true);
	ck_assert_ptr_null(test_owner(objects[0]));
	struct mspan *s = test_object_at(objects[0]).span;
	test_free(c, objects[0]);
	if (s->nelems > 1)
		ck_assert(mspan_owned_by(s, c));
	ck_assert_uint_eq(test_take_census().nspans, nspans - 1);
	for (int i = 1; i < TEST_NOBJECTS; i++)
		test_free(c, objects[i]);
	mcache_trim(c);
	ck_assert_uint_eq(test_take_census().nspans, 0);
	ck_assert_uint_eq(mheap.nspans, 0);
}
END_TEST

START_TEST(test_a_thread_without_an_mcache_frees_them_too)
{
	test_start();
	struct mcache *c = mcache_acquire(true);
	test_fill_objects(c, classes[_i]);
	mcache_release(c);
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		test_free(NULL, objects[i]);
		if (i % 500 == 0)
			ck_assert_uint_eq(test_take_census().nobjects,
				(size_t)(TEST_NOBJECTS - 1 - i));
	}
	ck_assert_uint_eq(mheap.nspans, 0);
}
END_TEST

START_TEST(test_another_owner_or_none_is_declined)
{
	test_start();
	struct mcache *c = mcache_acquire(true);
	struct mcache *other = mcache_acquire(true);
	void *p = test_alloc(c, 5);
	struct mspan *s = test_object_at(p).span;

	lock(&other->lock);
	ck_assert(!mcentral_adopt(s, other)); /* c has it */
	unlock(&other->lock);
	ck_assert(!mcentral_collect(s));
	ck_assert(mspan_owned_by(s, c));
	test_free(c, p);
	mcache_release(c);
	lock(&other->lock);
	ck_assert(!mcentral_adopt(s, other)); /* it is no span at all */
	unlock(&other->lock);
	ck_assert(!mcentral_collect(s));
	ck_assert_ptr_null(mcentral_take(5, other));
}
END_TEST

/* Threads. */

static void *slots[TEST_NSLOTS];

/* Leaves p at a random place; frees what was there. */
static void test_exchange(struct mcache *c, uint64_t *seed, void *p)
{
	void **slot = &slots[test_random(seed) % TEST_NSLOTS];
	void *old = exchange_seqcst(slot, p);

	if (old != NULL)
		test_free(c, old);
}

/* Lives many lives; each leaves spans behind and meets those of others. */
static void *test_live_and_die(void *number)
{
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int life = 0; life < TEST_NLIVES; life++) {
		struct mcache *c = test_thread_mcache();
		for (int i = 0; i < TEST_NSTEPS; i++) {
			const unsigned k =
				test_random(&seed) % UNIT_COUNT(classes);
			const bool take = test_random(&seed) % 2 != 0;
			test_exchange(c, &seed,
				take ? test_alloc(c, classes[k]) : NULL);
		}
		mcache_release(c);
		/* As a thread does whose mcache is gone. */
		for (int i = 0; i < TEST_NSTEPS / 10; i++)
			test_exchange(NULL, &seed, NULL);
	}
	return NULL;
}

START_TEST(test_every_span_is_accounted_for)
{
	size_t nlive = 0;

	test_start();
	test_run_threads(TEST_NTHREADS, test_live_and_die);
	for (int i = 0; i < TEST_NSLOTS; i++)
		nlive += slots[i] != NULL;

	const struct test_census census = test_take_census();
	ck_assert_uint_gt(nlive, 0);
	ck_assert_uint_eq(census.nobjects, nlive);
	ck_assert_uint_eq(census.nspans, mheap.nspans);
	ck_assert_uint_le(mcaches.n, TEST_NTHREADS);
	ck_assert_uint_eq(mcaches.ninuse, 0);
	for (int i = 0; i < TEST_NSLOTS; i++)
		if (slots[i] != NULL)
			test_free(NULL, slots[i]);
	ck_assert_uint_eq(mheap.nspans, 0);
	ck_assert_uint_eq(mheap.pages.npages_free, mheap.pages.npages_known);
	/* What is left in use of fixalloc are the mcaches. */
	ck_assert_uint_le(fixalloc_inuse(), test_mcache_bytes());
}
END_TEST

static void mcentral_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_what_a_thread_leaves_is_listed, classes);
	UNIT_TABLE(tests, test_what_is_empty_is_not_listed, classes);
	UNIT_TABLE(
		tests, test_spans_with_room_are_taken_before_new_ones, classes);
	UNIT_TABLE(tests, test_a_free_adopts_the_span, classes);
	UNIT_TABLE(
		tests, test_a_thread_without_an_mcache_frees_them_too, classes);
	UNIT_TEST(tests, test_another_owner_or_none_is_declined);
	UNIT_TEST(tests, test_every_span_is_accounted_for);
}
UNIT_MAIN("mcentral", mcentral_suite)
