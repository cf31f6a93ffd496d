/*
 * sizeclass_test: every size, every offset of every span, every alignment.
 *
 * The tables are small enough to be compared with their definition
 * exhaustively, so nothing here is sampled.
 */
#include "core/sizeclass.h"
#include "test/unit/unit.h"

/* ck_assert writes to a pipe each time: too slow for millions of cases. */
static void test_require(bool ok, const char *what, unsigned sc, size_t value)
{
	if (!ok)
		ck_abort_msg("%s: class %u, value %zu", what, sc, value);
}

static size_t test_span_size(unsigned npages)
{
	return (size_t)npages * GO_PAGE_SIZE;
}

/* The least class of at least n bytes by looking at all of them. */
static unsigned test_class_by_search(size_t n)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		if (sizeclass_table[i].size >= n)
			return i;
	}
	return 0;
}

START_TEST(test_every_size_gets_the_least_class_that_holds_it)
{
	for (size_t n = 0; n <= SMALL_MAX; n++)
		ck_assert_uint_eq(sizeclass_of(n), test_class_by_search(n));
}
END_TEST

/* Go's policy bounds what a request can lose to rounding and to the tail. */
START_TEST(test_waste_is_bounded)
{
	for (size_t n = 1; n <= SMALL_MAX; n++) {
		const struct size_class *sc = &sizeclass_table[sizeclass_of(n)];
		const size_t span = test_span_size(sc->npages_first);
		const size_t wasted = span - n * sc->nelems_first;

		/* Below 64 bytes a step of 16 is a large part of n. */
		if (n > 64)
			ck_assert_uint_le(wasted * 100, span * 20);
		ck_assert_uint_lt(sc->size - n, n <= 64 ? 16 : n / 4);
	}
}
END_TEST

START_TEST(test_sizes_ascend_and_keep_16_byte_alignment)
{
	ck_assert_uint_eq(sizeclass_table[0].size, 0);
	ck_assert_uint_eq(sizeclass_table[1].size, 8);
	ck_assert_uint_eq(sizeclass_table[NCLASSES - 1].size, SMALL_MAX);
	for (unsigned i = 2; i < NCLASSES; i++) {
		const uint32_t size = sizeclass_table[i].size;
		ck_assert_uint_gt(size, sizeclass_table[i - 1].size);
		ck_assert_uint_eq(size % 16, 0);
	}
}
END_TEST

static void test_check_span(uint32_t size, unsigned npages, unsigned nelems)
{
	const size_t span = test_span_size(npages);

	ck_assert_uint_ge(npages, 1);
	ck_assert_uint_le(npages, MAX_SPAN_PAGES);
	ck_assert_uint_ge(nelems, 1);
	ck_assert_uint_le(nelems, MAX_NELEMS);
	ck_assert_uint_le((size_t)nelems * size, span);
	ck_assert_uint_lt(span - (size_t)nelems * size, size);
}

START_TEST(test_spans_hold_what_they_say)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		const struct size_class *sc = &sizeclass_table[i];

		test_check_span(sc->size, sc->npages_first, sc->nelems_first);
		test_check_span(sc->size, sc->npages_big, sc->nelems_big);
		ck_assert_uint_ge(sc->npages_big, sc->npages_first);
	}
}
END_TEST

/* tail(first) <= 1/8, fewer pages would not do; tail(big) <= tail(first). */
START_TEST(test_span_tails_follow_the_policy)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		const struct size_class *sc = &sizeclass_table[i];
		const size_t first = test_span_size(sc->npages_first);
		const size_t big = test_span_size(sc->npages_big);

		ck_assert_uint_le(first % sc->size, first / 8);
		ck_assert_uint_le((big % sc->size) * sc->npages_first,
			(first % sc->size) * sc->npages_big);
	}
}
END_TEST

/* 64 KiB or full bitmap; 8 objects unless 128 KiB cannot hold them. */
START_TEST(test_long_spans_are_long)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		const struct size_class *sc = &sizeclass_table[i];

		if (sc->npages_big < 8)
			ck_assert_uint_eq(sc->nelems_big, MAX_NELEMS);
		if (sc->size * 8 <= test_span_size(MAX_SPAN_PAGES))
			ck_assert_uint_ge(sc->nelems_big, 8);
	}
}
END_TEST

static void test_division_at(unsigned i, uint64_t at)
{
	const struct size_class *sc = &sizeclass_table[i];

	test_require(sizeclass_index(sc->magic, at) == at / sc->size, "index",
		i, at);
	test_require(sizeclass_is_start(sc->magic, at) == (at % sc->size == 0),
		"is_start", i, at);
}

START_TEST(test_magic_divides_every_offset_of_every_span)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		const size_t end =
			test_span_size(sizeclass_table[i].npages_big);

		for (uint64_t at = 0; at < end; at++)
			test_division_at(i, at);
	}
}
END_TEST

/* The contract reaches to 2^32, where the error of the magic is largest. */
START_TEST(test_magic_divides_up_to_4_gib)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		for (uint64_t at = UINT32_MAX - 100000; at <= UINT32_MAX; at++)
			test_division_at(i, at);
	}
}
END_TEST

START_TEST(test_large_spans_hold_one_object)
{
	const uint64_t magic = sizeclass_table[0].magic;
	const uint64_t offsets[] = {1, 8, 4096, 1 << 20, 1ULL << 40};

	ck_assert_uint_eq(sizeclass_index(magic, 0), 0);
	ck_assert(sizeclass_is_start(magic, 0));
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		ck_assert_uint_eq(sizeclass_index(magic, offsets[i]), 0);
		ck_assert(!sizeclass_is_start(magic, offsets[i]));
	}
}
END_TEST

static unsigned test_aligned_by_search(size_t n, size_t align)
{
	for (unsigned i = 1; i < NCLASSES; i++) {
		const uint32_t size = sizeclass_table[i].size;
		if (size >= n && size % align == 0)
			return i;
	}
	return 0;
}

START_TEST(test_aligned_is_the_least_class_with_the_alignment)
{
	for (size_t align = 1; align <= GO_PAGE_SIZE; align *= 2) {
		for (size_t n = 0; n <= SMALL_MAX; n++)
			test_require(sizeclass_of_aligned(n, align) ==
					     test_aligned_by_search(n, align),
				"aligned", sizeclass_of_aligned(n, align), n);
	}
}
END_TEST

START_TEST(test_aligned_leaves_the_rest_to_large_spans)
{
	ck_assert_uint_eq(sizeclass_of_aligned(SMALL_MAX + 1, 1), 0);
	ck_assert_uint_eq(sizeclass_of_aligned(SIZE_MAX, 16), 0);
	ck_assert_uint_eq(sizeclass_of_aligned(SIZE_MAX - 15, 4096), 0);
	ck_assert_uint_eq(sizeclass_of_aligned(16, 2 * GO_PAGE_SIZE), 0);
}
END_TEST

static void sizeclass_suite(TCase *tests)
{
	UNIT_TEST(tests, test_every_size_gets_the_least_class_that_holds_it);
	UNIT_TEST(tests, test_waste_is_bounded);
	UNIT_TEST(tests, test_sizes_ascend_and_keep_16_byte_alignment);
	UNIT_TEST(tests, test_spans_hold_what_they_say);
	UNIT_TEST(tests, test_span_tails_follow_the_policy);
	UNIT_TEST(tests, test_long_spans_are_long);
	UNIT_TEST(tests, test_magic_divides_every_offset_of_every_span);
	UNIT_TEST(tests, test_magic_divides_up_to_4_gib);
	UNIT_TEST(tests, test_large_spans_hold_one_object);
	UNIT_TEST(tests, test_aligned_is_the_least_class_with_the_alignment);
	UNIT_TEST(tests, test_aligned_leaves_the_rest_to_large_spans);
}
UNIT_MAIN("sizeclass", sizeclass_suite)
