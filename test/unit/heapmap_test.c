/*
 * heapmap_test: any word, the edges of the window, growing.
 *
 * Spans are only addresses here: the map never looks into one.
 */
#include "core/heapmap.h"

#include <stdint.h>

#include "core/os.h"
#include "test/unit/unit.h"

enum {
	TEST_NWORDS = 1000000,
	TEST_GROWN = 64 << 20, /* bytes of the window in use */
};

#define TEST_BASE   (UINT64_C(0xc5) << 32)
#define TEST_WINDOW (UINT64_C(1) << 36)

static char test_spans[4]; /* stand-ins for spans */

static struct mspan *test_span(int i)
{
	return (struct mspan *)&test_spans[i];
}

static uintptr_t test_page(size_t n)
{
	return TEST_BASE + (n << GO_PAGE_SHIFT);
}

static void test_start(size_t size)
{
	void *table = os_reserve(heapmap_table_size(TEST_WINDOW));

	ck_assert_ptr_nonnull(table);
	heapmap_init(TEST_BASE, table);
	if (size > 0)
		ck_assert(heapmap_grow(size));
}

/* A step of a linear congruence: words of every kind, the same each time. */
static uintptr_t test_next_word(uintptr_t x)
{
	return x * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
}

static const uintptr_t test_edges[] = {0, 1, 8, 4096, INT32_MAX, UINT32_MAX,
	TEST_BASE - 1, TEST_BASE - GO_PAGE_SIZE, TEST_BASE + TEST_GROWN,
	TEST_BASE + TEST_GROWN + 1, TEST_BASE + TEST_WINDOW - 1,
	TEST_BASE + TEST_WINDOW, INTPTR_MAX, (uintptr_t)INTPTR_MIN,
	UINTPTR_MAX - GO_PAGE_SIZE, UINTPTR_MAX};

START_TEST(test_no_word_is_a_span_before_the_heap_has_grown)
{
	test_start(0);
	for (size_t i = 0; i < UNIT_COUNT(test_edges); i++)
		ck_assert_ptr_null(heapmap_lookup(test_edges[i]));
	ck_assert_ptr_null(heapmap_lookup(TEST_BASE));
	ck_assert(!heapmap_covers(TEST_BASE));
}
END_TEST

START_TEST(test_words_outside_are_no_span)
{
	test_start(TEST_GROWN);
	heapmap_set(TEST_BASE, TEST_GROWN >> GO_PAGE_SHIFT, test_span(0));
	ck_assert_ptr_null(heapmap_lookup(test_edges[_i]));
	ck_assert(!heapmap_covers(test_edges[_i]));
}
END_TEST

START_TEST(test_any_word_is_answered)
{
	uintptr_t word = 1;

	test_start(TEST_GROWN);
	heapmap_set(TEST_BASE, TEST_GROWN >> GO_PAGE_SHIFT, test_span(0));
	for (int i = 0; i < TEST_NWORDS; i++) {
		word = test_next_word(word);
		bool inside = word - TEST_BASE < TEST_GROWN;
		if ((heapmap_lookup(word) != NULL) != inside)
			ck_abort_msg("word %#lx", word);
		uintptr_t near = TEST_BASE + word % (2 * TEST_GROWN);
		inside = near - TEST_BASE < TEST_GROWN;
		if ((heapmap_lookup(near) != NULL) != inside ||
			heapmap_covers(near) != inside)
			ck_abort_msg("word %#lx", near);
	}
}
END_TEST

/* Which pages belong to which span: a letter is a span, a dot is none. */
static const struct {
	const char *name;
	const char *pages;
} drawings[] = {
	{"one_page", ".a."},
	{"neighbours", "aab"},
	{"gap", "aa..bb"},
	{"first_and_last", "a....b"},
	{"single_pages", "abcabc"},
	{"long_and_short", "aaaaaaab"},
};

static struct mspan *test_letter(char c)
{
	return c == '.' ? NULL : test_span(c - 'a');
}

static void test_draw(const char *pages)
{
	for (size_t i = 0; pages[i] != '\0'; i++)
		heapmap_set(test_page(i), 1, test_letter(pages[i]));
}

START_TEST(test_every_byte_of_a_page_leads_to_its_span)
{
	const char *pages = drawings[_i].pages;

	test_start(TEST_GROWN);
	test_draw(pages);
	for (size_t i = 0; pages[i] != '\0'; i++) {
		struct mspan *s = test_letter(pages[i]);
		ck_assert_ptr_eq(heapmap_lookup(test_page(i)), s);
		ck_assert_ptr_eq(heapmap_lookup(test_page(i) + 1), s);
		ck_assert_ptr_eq(heapmap_lookup(test_page(i + 1) - 1), s);
		ck_assert(heapmap_covers(test_page(i)));
	}
	ck_assert_ptr_null(heapmap_lookup(test_page(strlen(pages))));
}
END_TEST

START_TEST(test_a_span_is_set_and_forgotten_as_a_whole)
{
	test_start(TEST_GROWN);
	heapmap_set(test_page(10), 5, test_span(1));
	heapmap_set(test_page(15), 5, test_span(2));
	ck_assert_ptr_null(heapmap_lookup(test_page(10) - 1));
	ck_assert_ptr_eq(heapmap_lookup(test_page(15) - 1), test_span(1));
	heapmap_set(test_page(10), 5, NULL);
	for (size_t i = 10; i < 15; i++)
		ck_assert_ptr_null(heapmap_lookup(test_page(i)));
	ck_assert_ptr_eq(heapmap_lookup(test_page(15)), test_span(2));
	ck_assert_ptr_eq(heapmap_lookup(test_page(20) - 1), test_span(2));
}
END_TEST

START_TEST(test_growing_keeps_what_was_there)
{
	test_start(GO_PAGE_SIZE);
	heapmap_set(TEST_BASE, 1, test_span(0));
	for (size_t size = GO_PAGE_SIZE; size < TEST_WINDOW; size *= 4) {
		const uintptr_t last = TEST_BASE + size - GO_PAGE_SIZE;
		ck_assert(heapmap_grow(size));
		if (last != TEST_BASE)
			ck_assert_ptr_null(heapmap_lookup(last));
		ck_assert_ptr_null(heapmap_lookup(TEST_BASE + size));
		ck_assert_ptr_eq(heapmap_lookup(TEST_BASE), test_span(0));
		heapmap_set(last, 1, test_span(0));
		ck_assert_ptr_eq(
			heapmap_lookup(last + GO_PAGE_SIZE - 1), test_span(0));
	}
}
END_TEST

START_TEST(test_the_map_never_shrinks)
{
	test_start(TEST_GROWN);
	heapmap_set(TEST_BASE + TEST_GROWN - GO_PAGE_SIZE, 1, test_span(0));
	const size_t committed = heapmap_committed();
	ck_assert(heapmap_grow(GO_PAGE_SIZE));
	ck_assert_ptr_eq(
		heapmap_lookup(TEST_BASE + TEST_GROWN - 1), test_span(0));
	ck_assert_uint_eq(heapmap_committed(), committed);
}
END_TEST

/* A pointer per page, in steps: a small heap is charged for a small table. */
START_TEST(test_the_table_is_as_large_as_the_heap_needs)
{
	test_start(GO_PAGE_SIZE);
	ck_assert_uint_le(heapmap_committed(), 64 << 10);
	ck_assert(heapmap_grow(TEST_GROWN));
	const size_t need =
		(TEST_GROWN >> GO_PAGE_SHIFT) * sizeof(struct mspan *);
	ck_assert_uint_ge(heapmap_committed(), need);
	ck_assert_uint_lt(heapmap_committed(), need + (64 << 10));
	ck_assert_uint_ge(heapmap_table_size(TEST_WINDOW),
		(TEST_WINDOW >> GO_PAGE_SHIFT) * sizeof(struct mspan *));
}
END_TEST

static void heapmap_suite(TCase *tests)
{
	UNIT_TEST(tests, test_no_word_is_a_span_before_the_heap_has_grown);
	UNIT_TABLE(tests, test_words_outside_are_no_span, test_edges);
	UNIT_TEST(tests, test_any_word_is_answered);
	UNIT_TABLE(
		tests, test_every_byte_of_a_page_leads_to_its_span, drawings);
	UNIT_TEST(tests, test_a_span_is_set_and_forgotten_as_a_whole);
	UNIT_TEST(tests, test_growing_keeps_what_was_there);
	UNIT_TEST(tests, test_the_map_never_shrinks);
	UNIT_TEST(tests, test_the_table_is_as_large_as_the_heap_needs);
}
UNIT_MAIN("heapmap", heapmap_suite)
