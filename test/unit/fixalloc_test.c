/*
 * fixalloc_test: pieces are apart, zero when new, and come back by size.
 */
#include "core/fixalloc.h"

#include <stdbool.h>
#include <stdint.h>

#include "test/unit/unit.h"

enum {
	TEST_NPIECES = 4000, /* several chunks of every size */
	TEST_LASTING = 5 << 20,
};

static uint64_t *pieces[TEST_NPIECES];

static size_t test_nwords(unsigned nlines)
{
	return nlines * FIXALLOC_LINE / sizeof(uint64_t);
}

static unsigned test_nlines(int i)
{
	return (unsigned)i % FIXALLOC_MAX_LINES + 1;
}

static bool test_is_filled(const uint64_t *p, uint64_t with, size_t nwords)
{
	for (size_t w = 0; w < nwords; w++)
		if (p[w] != with)
			return false;
	return true;
}

static void test_fill(uint64_t *p, uint64_t with, size_t nwords)
{
	for (size_t w = 0; w < nwords; w++)
		p[w] = with;
}

START_TEST(test_new_pieces_are_zero_aligned_and_apart)
{
	for (int i = 0; i < TEST_NPIECES; i++) {
		const size_t nwords = test_nwords(test_nlines(i));
		pieces[i] = fixalloc_take(FIXALLOC_MSPAN, test_nlines(i));
		ck_assert_ptr_nonnull(pieces[i]);
		ck_assert_uint_eq((uintptr_t)pieces[i] % FIXALLOC_LINE, 0);
		ck_assert(test_is_filled(pieces[i], 0, nwords));
		test_fill(pieces[i], (uint64_t)i + 1, nwords);
	}
	for (int i = 0; i < TEST_NPIECES; i++)
		ck_assert(test_is_filled(pieces[i], (uint64_t)i + 1,
			test_nwords(test_nlines(i))));
}
END_TEST

/* A stale pointer may be read: the piece keeps its size and its contents. */
START_TEST(test_a_piece_comes_back_for_its_size_only)
{
	for (unsigned given = 1; given <= FIXALLOC_MAX_LINES; given++) {
		uint64_t *p = fixalloc_take(FIXALLOC_MSPAN, given);
		test_fill(p, 7, test_nwords(given));
		fixalloc_give(FIXALLOC_MSPAN, p, given);
		ck_assert(test_is_filled(p + 1, 7, test_nwords(given) - 1));
		for (unsigned n = 1; n <= FIXALLOC_MAX_LINES; n++)
			if (n != given)
				ck_assert_ptr_ne(
					fixalloc_take(FIXALLOC_MSPAN, n), p);
		ck_assert_ptr_eq(fixalloc_take(FIXALLOC_MSPAN, given), p);
	}
}
END_TEST

/* Rows of a magazine where somebody still looks for a span's descriptor. */
START_TEST(test_a_piece_comes_back_for_its_kind_only)
{
	for (unsigned n = 1; n <= FIXALLOC_MAX_LINES; n++) {
		void *p = fixalloc_take(FIXALLOC_MSPAN, n);
		fixalloc_give(FIXALLOC_MSPAN, p, n);
		ck_assert_ptr_ne(fixalloc_take(FIXALLOC_ROWS, n), p);
		ck_assert_ptr_eq(fixalloc_take(FIXALLOC_MSPAN, n), p);
	}
}
END_TEST

START_TEST(test_all_pieces_come_back)
{
	const size_t before = fixalloc_inuse();

	for (int i = 0; i < TEST_NPIECES; i++)
		pieces[i] = fixalloc_take(FIXALLOC_MSPAN, 2);
	const size_t sys = fixalloc_sys();
	for (int i = 0; i < TEST_NPIECES; i++)
		fixalloc_give(FIXALLOC_MSPAN, pieces[i], 2);
	ck_assert_uint_eq(fixalloc_inuse(), before);
	for (int i = 0; i < TEST_NPIECES; i++) {
		uint64_t *p = fixalloc_take(FIXALLOC_MSPAN, 2);
		test_fill(p, (uint64_t)i, test_nwords(2));
		pieces[i] = p;
	}
	ck_assert_uint_eq(fixalloc_sys(), sys);
	for (int i = 0; i < TEST_NPIECES; i++)
		ck_assert(
			test_is_filled(pieces[i], (uint64_t)i, test_nwords(2)));
}
END_TEST

START_TEST(test_bytes_in_use_are_counted)
{
	const size_t before = fixalloc_inuse();
	void *p = fixalloc_take(FIXALLOC_MSPAN, 3);

	ck_assert_uint_eq(fixalloc_inuse(), before + 3 * FIXALLOC_LINE);
	fixalloc_give(FIXALLOC_MSPAN, p, 3);
	ck_assert_uint_eq(fixalloc_inuse(), before);
	fixalloc_forever(65);
	ck_assert_uint_eq(fixalloc_inuse(), before + 2 * FIXALLOC_LINE);
	ck_assert_uint_ge(fixalloc_sys(), fixalloc_inuse());
}
END_TEST

static const size_t lasting[] = {
	1, 64, 65, 4096, 64 << 10, 1 << 20, TEST_LASTING};

START_TEST(test_lasting_pieces_of_any_size)
{
	const size_t size = lasting[_i];
	unsigned char *before = fixalloc_take(FIXALLOC_MSPAN, 1);
	unsigned char *p = fixalloc_forever(size);
	unsigned char *after = fixalloc_take(FIXALLOC_MSPAN, 1);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq((uintptr_t)p % FIXALLOC_LINE, 0);
	memset(before, 'b', FIXALLOC_LINE);
	memset(after, 'a', FIXALLOC_LINE);
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0)
			ck_abort_msg("byte %zu of %zu is %d", i, size, p[i]);
	memset(p, 'p', size);
	for (size_t i = 0; i < FIXALLOC_LINE; i++)
		ck_assert(before[i] == 'b' && after[i] == 'a');
}
END_TEST

START_TEST(test_what_cannot_be_had_is_refused)
{
	const size_t sys = fixalloc_sys();

	ck_assert_ptr_null(fixalloc_forever((size_t)1 << 47));
	ck_assert_uint_eq(fixalloc_sys(), sys);
	ck_assert_ptr_nonnull(fixalloc_forever(100));
}
END_TEST

static void test_take_too_many_lines(void *unused)
{
	(void)unused;
	fixalloc_take(FIXALLOC_MSPAN, FIXALLOC_MAX_LINES + 1);
}

START_TEST(test_too_many_lines_die)
{
	ck_assert_dies(test_take_too_many_lines, NULL,
		"goalloc: fixalloc_take: check failed: "
		"nlines <= FIXALLOC_MAX_LINES");
}
END_TEST

static void fixalloc_suite(TCase *tests)
{
	UNIT_TEST(tests, test_new_pieces_are_zero_aligned_and_apart);
	UNIT_TEST(tests, test_a_piece_comes_back_for_its_size_only);
	UNIT_TEST(tests, test_a_piece_comes_back_for_its_kind_only);
	UNIT_TEST(tests, test_all_pieces_come_back);
	UNIT_TEST(tests, test_bytes_in_use_are_counted);
	UNIT_TABLE(tests, test_lasting_pieces_of_any_size, lasting);
	UNIT_TEST(tests, test_what_cannot_be_had_is_refused);
	UNIT_TEST(tests, test_too_many_lines_die);
}
UNIT_MAIN("fixalloc", fixalloc_suite)
