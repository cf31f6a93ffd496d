/*
 * mheap_holes_test: what is mapped in the heap's way, and any order of calls.
 */
#include <sys/mman.h>

#include "test/unit/mheaps.h"
#include "test/unit/unit.h"

enum {
	TEST_NSPANS = 300,
	TEST_NSTEPS = 10000,
	TEST_HOLE = 256 << 10, /* bytes of what is in the way */
	TEST_MIB = 1 << 20,
};

/* Something else is mapped where the heap would grow. */

/* Offsets into the window, in bytes. */
static const struct test_holes {
	const char *name;
	size_t at[3];
} holes[] = {
	{"at_the_start", {0}},
	{"behind_the_start", {GO_PAGE_SIZE * 32}},
	{"in_the_way", {10 * TEST_MIB}},
	{"further_on", {100 * TEST_MIB}},
	{"three", {0, 64 * TEST_MIB, 131 * TEST_MIB}},
};

static char *test_dig(size_t at)
{
	char *hole = mmap((void *)(mheap.base + at), TEST_HOLE,
		PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	ck_assert_ptr_eq(hole, (void *)(mheap.base + at));
	memset(hole, 'h', TEST_HOLE);
	return hole;
}

static bool test_overlaps(const struct mspan *s, const char *hole)
{
	return s->base < (uintptr_t)hole + TEST_HOLE &&
	       s->base + test_bytes(s) > (uintptr_t)hole;
}

START_TEST(test_what_is_in_the_way_stays_as_it_is)
{
	const struct test_holes *h = &holes[_i];
	char *hole[UNIT_COUNT(h->at)] = {NULL};
	struct mspan *spans[TEST_NSPANS];
	size_t nholes = 0;

	test_start();
	for (size_t i = 0; i < UNIT_COUNT(h->at); i++)
		if (i == 0 || h->at[i] != 0)
			hole[nholes++] = test_dig(h->at[i]);
	for (int i = 0; i < TEST_NSPANS; i++) { /* 225 MiB in all */
		spans[i] = test_alloc_plain(96);
		test_tag(spans[i], (uint64_t)i + 1);
		for (size_t n = 0; n < nholes; n++)
			ck_assert(!test_overlaps(spans[i], hole[n]));
	}
	for (int i = 0; i < TEST_NSPANS; i++) {
		const struct mspan *s = spans[i];
		ck_assert(test_has_tag(s, s->npages, (uint64_t)i + 1));
	}
	for (size_t n = 0; n < nholes; n++) {
		ck_assert(test_is_filled((uintptr_t)hole[n], 'h', TEST_HOLE));
		test_assert_unmapped((uintptr_t)hole[n], TEST_HOLE);
	}
	for (int i = 0; i < TEST_NSPANS; i++)
		mheap_free_span(spans[i]);
	mheap_release_all();
	for (size_t n = 0; n < nholes; n++)
		ck_assert(test_is_filled((uintptr_t)hole[n], 'h', TEST_HOLE));
	pages_verify(&mheap.pages);
}
END_TEST

/* Anything in any order against what is known of every span. */

struct test_random {
	struct mspan *spans[TEST_NSPANS];
	uint64_t state;
};

static size_t test_next(struct test_random *r, size_t below)
{
	r->state = r->state * UINT64_C(6364136223846793005) + 1;
	return (r->state >> 33) % below;
}

static void test_random_alloc(struct test_random *r, size_t i)
{
	bool zeroed;
	struct mspan *s = test_alloc(
		test_next(r, 60) + 1, (size_t)1 << test_next(r, 5), &zeroed);

	ck_assert_ptr_nonnull(s);
	if (zeroed && !test_is_filled(s->base, 0, test_bytes(s)))
		ck_abort_msg("span %zu is not zero", i);
	test_tag(s, i + 1);
	r->spans[i] = s;
}

static void test_random_resize(struct test_random *r, size_t i)
{
	struct mspan *s = r->spans[i];
	const size_t before = s->npages, after = test_next(r, 60) + 1;
	const size_t kept = before < after ? before : after;

	if (after == before || !mheap_resize_span(s, after))
		return;
	ck_assert(test_has_tag(s, kept, i + 1));
	test_tag(s, i + 1);
}

static void test_random_free(struct test_random *r, size_t i)
{
	struct mspan *s = r->spans[i];

	if (!test_has_tag(s, s->npages, i + 1))
		ck_abort_msg("span %zu has changed", i);
	mheap_free_span(s);
	r->spans[i] = NULL;
}

START_TEST(test_random_steps_keep_every_span_intact)
{
	static struct test_random r = {.state = 42};

	test_start();
	for (int step = 0; step < TEST_NSTEPS; step++) {
		const size_t i = test_next(&r, TEST_NSPANS);
		if (r.spans[i] == NULL)
			test_random_alloc(&r, i);
		else if (test_next(&r, 3) == 0)
			test_random_resize(&r, i);
		else
			test_random_free(&r, i);
		if (test_next(&r, 1000) == 0)
			mheap_release_all();
	}
	for (size_t i = 0; i < TEST_NSPANS; i++)
		if (r.spans[i] != NULL)
			test_random_free(&r, i);
	pages_verify(&mheap.pages);
	ck_assert_uint_eq(mheap.nspans, 0);
	ck_assert_uint_eq(mheap.nlarge, 0);
	ck_assert_uint_eq(mheap.large_pages, 0);
	ck_assert_uint_eq(mheap.pages.npages_free, mheap.pages.npages_known);
}
END_TEST

static void mheap_holes_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_what_is_in_the_way_stays_as_it_is, holes);
	UNIT_TEST(tests, test_random_steps_keep_every_span_intact);
}
UNIT_MAIN("mheap_holes", mheap_holes_suite)
