/*
 * mheap_test: spans of any shape, memory that is zero when it is said to be,
 * and memory that goes back.
 */
#include <sys/mman.h>

#include "test/unit/mheaps.h"
#include "test/unit/unit.h"

enum {
	TEST_NSPANS = 300,
	TEST_MANY_PAGES = 40 << 7, /* 40 MiB in Go pages */
};

/* Shapes. */

static const struct {
	const char *name;
	size_t npages;
	size_t align;
} shapes[] = {
	{"one_page", 1, 1},
	{"three_pages", 3, 1},
	{"a_chunk", 512, 1},
	{"more_than_a_chunk", 700, 1},
	{"more_than_the_heap_grows_by", 6000, 1},
	{"aligned_to_two", 1, 2},
	{"aligned_to_a_chunk", 5, 512},
	{"aligned_beyond_a_chunk", 3, 4096},
	{"large_and_aligned", 1000, 1024},
};

START_TEST(test_a_span_has_the_shape_that_was_asked_for)
{
	bool zeroed = false;

	test_start();
	test_alloc_plain(1); /* so that not everything is aligned by luck */
	struct mspan *s =
		test_alloc(shapes[_i].npages, shapes[_i].align, &zeroed);
	ck_assert_ptr_nonnull(s);
	mspan_verify(s);
	ck_assert_uint_eq(s->npages, shapes[_i].npages);
	ck_assert_uint_eq(s->base % (shapes[_i].align << GO_PAGE_SHIFT), 0);
	ck_assert(zeroed && test_is_filled(s->base, 0, test_bytes(s)));
	test_assert_mapped(s);
	test_fill(s, 'x');
	const uintptr_t base = s->base;
	const size_t size = test_bytes(s);
	mheap_free_span(s);
	test_assert_unmapped(base, size);
	ck_assert_uint_eq(mheap.nspans, 1);
}
END_TEST

START_TEST(test_every_size_class_gets_its_spans)
{
	struct mspan *spans[NCLASSES];
	bool zeroed = false;

	test_start();
	for (unsigned class = 1; class < NCLASSES; class ++) {
		const struct size_class *k = &sizeclass_table[class];
		const struct span_shape shape = {
			class, k->nelems_big, k->npages_big, 1, false};
		spans[class] = mheap_alloc_span(&shape, &zeroed);
		ck_assert_ptr_nonnull(spans[class]);
		mspan_verify(spans[class]);
		test_assert_mapped(spans[class]);
		test_fill(spans[class], (int)class);
	}
	for (unsigned class = 1; class < NCLASSES; class ++) {
		const struct mspan *s = spans[class];
		ck_assert_uint_eq(s->class, class);
		ck_assert(test_is_filled(s->base, (int)class, test_bytes(s)));
	}
	ck_assert_uint_eq(mheap.nspans, NCLASSES - 1);
	ck_assert_uint_eq(mheap.nlarge, 0);
	for (unsigned class = 1; class < NCLASSES; class ++)
		mheap_free_span(spans[class]);
	ck_assert_uint_eq(mheap.nspans, 0);
}
END_TEST

START_TEST(test_what_the_window_cannot_hold_is_refused)
{
	const size_t window_pages =
		(test_start(), mheap.window >> GO_PAGE_SHIFT);
	const size_t sizes[] = {window_pages + 1, window_pages * 2, UINT32_MAX,
		SIZE_MAX >> GO_PAGE_SHIFT, SIZE_MAX};
	bool zeroed = false;

	for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
		ck_assert_ptr_null(test_alloc(sizes[i], 1, &zeroed));
	ck_assert_ptr_null(test_alloc(1, window_pages * 2, &zeroed));
	ck_assert_uint_eq(mheap.nspans, 0);
	test_fill(test_alloc_plain(10), 'a');
}
END_TEST

/* Zero or not: what was used is not zero, what went back is. */

START_TEST(test_used_memory_is_not_called_zero)
{
	bool zeroed = true;

	test_start();
	struct mspan *s = test_alloc_plain(16);
	const uintptr_t base = s->base;
	test_fill(s, 'x');
	mheap_free_span(s);
	s = test_alloc(16, 1, &zeroed);
	ck_assert_uint_eq(s->base, base); /* first fit */
	ck_assert(!zeroed);
}
END_TEST

START_TEST(test_partly_used_memory_is_not_called_zero)
{
	bool zeroed = true;

	test_start();
	struct mspan *s = test_alloc_plain(4);
	const uintptr_t base = s->base;
	test_fill(s, 'x');
	mheap_free_span(s);
	s = test_alloc(20, 1, &zeroed);
	ck_assert_uint_eq(s->base, base);
	ck_assert(!zeroed);
}
END_TEST

START_TEST(test_memory_that_went_back_is_zero)
{
	bool zeroed = false;

	test_start();
	struct mspan *s = test_alloc_plain(16);
	const uintptr_t base = s->base;
	test_fill(s, 'x');
	mheap_free_span(s);
	ck_assert_uint_eq(mheap_release_all(), 16 << GO_PAGE_SHIFT);
	s = test_alloc(16, 1, &zeroed);
	ck_assert_uint_eq(s->base, base);
	ck_assert(zeroed && test_is_filled(s->base, 0, test_bytes(s)));
}
END_TEST

START_TEST(test_a_span_given_back_by_its_owner_is_zero)
{
	bool zeroed = false;

	test_start();
	struct mspan *s = test_alloc_plain(16);
	test_fill(s, 'x');
	os_release(s->base, test_bytes(s));
	mheap_free_span_released(s);
	ck_assert_uint_eq(mheap_release_all(), 0);
	s = test_alloc(16, 1, &zeroed);
	ck_assert(zeroed && test_is_filled(s->base, 0, test_bytes(s)));
}
END_TEST

/* Bytes of [base, base + size) that are in memory. */
static size_t test_resident(uintptr_t base, size_t size)
{
	static unsigned char pages[TEST_MANY_PAGES * 2];
	size_t n = 0;

	ck_assert_uint_le(size / os_page_size, sizeof(pages));
	ck_assert_int_eq(mincore((void *)base, size, pages), 0);
	for (size_t i = 0; i < size / os_page_size; i++)
		n += (pages[i] & 1) * os_page_size;
	return n;
}

START_TEST(test_much_free_memory_goes_back_by_itself)
{
	test_start();
	struct mspan *s = test_alloc_plain(TEST_MANY_PAGES);
	const uintptr_t base = s->base;
	const size_t size = test_bytes(s);
	test_fill(s, 'x');
	ck_assert_uint_eq(test_resident(base, size), size);
	mheap_free_span(s);
	/* What stays is the floor of the scavenger's goal, and some slack. */
	ck_assert_uint_le(
		test_resident(base, size), SCAVGOAL_FLOOR + (2 << 20));
	mheap_release_all();
	ck_assert_uint_eq(test_resident(base, size), 0);
	ck_assert_uint_eq(mheap.released_bytes, size);
}
END_TEST

START_TEST(test_a_release_leaves_spans_alone)
{
	struct mspan *spans[TEST_NSPANS];

	test_start();
	for (int i = 0; i < TEST_NSPANS; i++) {
		spans[i] = test_alloc_plain((size_t)i % 7 + 1);
		test_fill(spans[i], i % 250 + 1);
	}
	for (int i = 0; i < TEST_NSPANS; i += 2)
		mheap_free_span(spans[i]);
	ck_assert_uint_gt(mheap_release_all(), 0);
	for (int i = 1; i < TEST_NSPANS; i += 2) {
		const struct mspan *s = spans[i];
		ck_assert(test_is_filled(s->base, i % 250 + 1, test_bytes(s)));
	}
	pages_verify(&mheap.pages);
}
END_TEST

/* Longer and shorter where a span stands. */

static const struct test_resize {
	const char *name;
	size_t before, after;
	size_t neighbour; /* pages of a span behind it; 0: none */
	bool done;
} resizes[] = {
	{"shorter", 20, 5, 1, true},
	{"to_one_page", 20, 1, 1, true},
	{"longer_into_free_space", 20, 25, 0, true},
	{"much_longer", 20, 31, 0, true},
	{"longer_but_taken", 20, 21, 1, false},
	{"beyond_all", 20, SIZE_MAX >> GO_PAGE_SHIFT, 0, false},
};

START_TEST(test_a_large_span_is_resized_in_place)
{
	const struct test_resize *r = &resizes[_i];

	test_start();
	struct mspan *s = test_alloc_plain(r->before);
	const uintptr_t base = s->base;
	struct mspan *behind =
		r->neighbour > 0 ? test_alloc_plain(r->neighbour) : NULL;
	test_fill(s, 'x');
	if (behind != NULL)
		test_fill(behind, 'y');

	ck_assert(mheap_resize_span(s, r->after) == r->done);
	const size_t now = r->done ? r->after : r->before;
	const size_t kept = now < r->before ? now : r->before;
	ck_assert_uint_eq(s->npages, now);
	ck_assert_uint_eq(s->base, base);
	ck_assert_uint_eq(
		mheap.large_pages, now + (behind != NULL ? r->neighbour : 0));
	test_assert_mapped(s);
	ck_assert(test_is_filled(base, 'x', kept << GO_PAGE_SHIFT));
	test_fill(s, 'z');
	if (behind != NULL) {
		test_assert_mapped(behind);
		ck_assert(
			test_is_filled(behind->base, 'y', test_bytes(behind)));
	}
	pages_verify(&mheap.pages);
}
END_TEST

START_TEST(test_what_a_shorter_span_leaves_is_used_again)
{
	test_start();
	struct mspan *s = test_alloc_plain(30);
	test_alloc_plain(1);
	ck_assert(mheap_resize_span(s, 10));
	const struct mspan *t = test_alloc_plain(20);
	ck_assert_uint_eq(t->base, s->base + test_bytes(s));
	test_assert_mapped(t);
	test_assert_mapped(s);
}
END_TEST

static void mheap_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_a_span_has_the_shape_that_was_asked_for, shapes);
	UNIT_TEST(tests, test_every_size_class_gets_its_spans);
	UNIT_TEST(tests, test_what_the_window_cannot_hold_is_refused);
	UNIT_TEST(tests, test_used_memory_is_not_called_zero);
	UNIT_TEST(tests, test_partly_used_memory_is_not_called_zero);
	UNIT_TEST(tests, test_memory_that_went_back_is_zero);
	UNIT_TEST(tests, test_a_span_given_back_by_its_owner_is_zero);
	UNIT_TEST(tests, test_much_free_memory_goes_back_by_itself);
	UNIT_TEST(tests, test_a_release_leaves_spans_alone);
	UNIT_TABLE(tests, test_a_large_span_is_resized_in_place, resizes);
	UNIT_TEST(tests, test_what_a_shorter_span_leaves_is_used_again);
}
UNIT_MAIN("mheap", mheap_suite)
