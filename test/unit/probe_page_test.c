/*
 * probe_page_test: every size has one bucket, and buckets are in order of
 * size and narrow.
 */
#include "cmd/probe/page.h"

#include <stdbool.h>

#include "test/unit/unit.h"

/* Whether size lies in its bucket and in no lower one. */
static bool is_in_bucket(size_t size)
{
	const size_t bucket = probe_bucket_of(size);

	return bucket < PROBE_NBUCKETS && size <= probe_bucket_top(bucket) &&
	       (bucket == 0 || probe_bucket_top(bucket - 1) < size);
}

START_TEST(test_bucket_holds_size)
{
	for (size_t size = 0; size < (1 << 18); size++)
		if (!is_in_bucket(size))
			ck_abort_msg("%zu is not in its bucket", size);
}
END_TEST

START_TEST(test_bucket_is_narrow)
{
	for (size_t i = PROBE_NFINE + 1; i < PROBE_NBUCKETS; i++) {
		const double top = (double)probe_bucket_top(i);
		const double below = (double)probe_bucket_top(i - 1);

		ck_assert_msg(top > below && top <= below * 1.125,
			"bucket %zu: %.0f to %.0f", i, below, top);
	}
}
END_TEST

START_TEST(test_bucket_of_huge)
{
	ck_assert_uint_eq(probe_bucket_of(SIZE_MAX), PROBE_NBUCKETS - 1);
	ck_assert_uint_eq(probe_bucket_of((size_t)1 << 50), PROBE_NBUCKETS - 1);
}
END_TEST

static void add_tests(TCase *tests)
{
	UNIT_TEST(tests, test_bucket_holds_size);
	UNIT_TEST(tests, test_bucket_is_narrow);
	UNIT_TEST(tests, test_bucket_of_huge);
}

UNIT_MAIN("probe_page", add_tests)
