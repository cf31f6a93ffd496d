/*
 * bits_test: each function against a loop that cannot be wrong, at the edges
 * that its contract names.
 */
#include "core/bits.h"
#include "test/unit/unit.h"

START_TEST(test_counts_of_every_single_bit)
{
	for (unsigned i = 0; i < 64; i++) {
		const uint64_t bit = UINT64_C(1) << i;

		ck_assert_uint_eq(ctz64(bit), i);
		ck_assert_uint_eq(clz64(bit), 63 - i);
		ck_assert_uint_eq(floor_log2(bit), i);
		ck_assert_uint_eq(floor_log2(bit | (bit - 1)), i);
		ck_assert_uint_eq(popcount64(bit - 1), i);
		ck_assert(is_pow2(bit));
		ck_assert_uint_eq(low_bits64(i), bit - 1);
	}
	ck_assert_uint_eq(popcount64(UINT64_MAX), 64);
	ck_assert_uint_eq(popcount64(0), 0);
	ck_assert_uint_eq(low_bits64(64), UINT64_MAX);
}
END_TEST

START_TEST(test_is_pow2_refuses_the_rest)
{
	ck_assert(!is_pow2(0));
	ck_assert(!is_pow2(3));
	ck_assert(!is_pow2(UINT64_MAX));
	ck_assert(!is_pow2((UINT64_C(1) << 63) | 1));
}
END_TEST

START_TEST(test_align_rounds_to_the_nearest_multiple)
{
	for (uint64_t align = 1; align <= 64; align *= 2) {
		for (uint64_t x = 0; x < 300; x++) {
			ck_assert_uint_eq(align_down(x, align), x - x % align);
			ck_assert_uint_eq(align_up(x, align),
				(x + align - 1) / align * align);
		}
	}
	ck_assert_uint_eq(align_up(UINT64_MAX - 4095, 4096), UINT64_MAX - 4095);
	ck_assert_uint_eq(align_up(UINT64_MAX - 4094, 4096), 0);
	ck_assert_uint_eq(align_down(UINT64_MAX, 4096), UINT64_MAX - 4095);
}
END_TEST

START_TEST(test_ceil_div_never_overflows)
{
	ck_assert_uint_eq(ceil_div(0, 7), 0);
	ck_assert_uint_eq(ceil_div(1, 7), 1);
	ck_assert_uint_eq(ceil_div(7, 7), 1);
	ck_assert_uint_eq(ceil_div(8, 7), 2);
	ck_assert_uint_eq(ceil_div(UINT64_MAX, 1), UINT64_MAX);
	ck_assert_uint_eq(ceil_div(UINT64_MAX, 2), UINT64_C(1) << 63);
	ck_assert_uint_eq(ceil_div(UINT64_MAX, UINT64_MAX), 1);
}
END_TEST

static void bits_suite(TCase *tests)
{
	UNIT_TEST(tests, test_counts_of_every_single_bit);
	UNIT_TEST(tests, test_is_pow2_refuses_the_rest);
	UNIT_TEST(tests, test_align_rounds_to_the_nearest_multiple);
	UNIT_TEST(tests, test_ceil_div_never_overflows);
}
UNIT_MAIN("bits", bits_suite)
