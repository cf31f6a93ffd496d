/*
 * robust_test: intervals against values worked out by hand and by counting,
 * and their coverage against samples from a known distribution.
 */
#include "cmd/robust.h"

#include <math.h>
#include <stdint.h>

#include "test/unit/unit.h"

enum { NTRIALS = SANITIZED ? 2000 : 10000, MOST = 12 };

#define CLOSE(a, b) ck_assert_double_eq_tol(a, b, 1e-9)

static const struct {
	const char *name;
	size_t n;
	double values[MOST];
	double median, low, high, coverage;
} medians[] = {
	{"none", 0, {0}, NAN, NAN, NAN, 0},
	{"one", 1, {7}, 7, 7, 7, 0},
	{"two", 2, {1, 3}, 2, 1, 3, 0.5},
	{"five: the range has 15/16", 5, {5, 1, 4, 2, 3}, 3, 1, 5, 0.9375},
	{"six: the range has 31/32", 6, {6, 5, 4, 3, 2, 1}, 3.5, 1, 6, 0.96875},
	{"nine: one off each end", 9, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 5, 2, 8,
		1 - 20.0 / 512},
	{"unknown ones are left out", 4, {NAN, 2, NAN, 4}, 3, 2, 4, 0.5},
};

START_TEST(test_median)
{
	const struct robust_median m =
		robust_median_of(medians[_i].values, medians[_i].n);

	if (isnan(medians[_i].median)) {
		ck_assert_msg(
			m.n == 0 && isnan(m.median), "%s", medians[_i].name);
		return;
	}
	CLOSE(m.median, medians[_i].median);
	CLOSE(m.low, medians[_i].low);
	CLOSE(m.high, medians[_i].high);
	CLOSE(m.coverage, medians[_i].coverage);
}
END_TEST

static const struct {
	const char *name;
	size_t nbase, nother;
	double base[MOST], other[MOST];
	double shift, low, high, coverage;
	bool is_relative, is_distinct;
} shifts[] = {
	/* 20 orderings of 3 and 3: the range misses in 2 of them. */
	{"three are too few", 3, 3, {1, 1, 1}, {2, 2, 2}, 1, 1, 1, 0.9, true,
		false},
	/* 70 orderings of 4 and 4: the range misses in 2 of them. */
	{"four are enough", 4, 4, {1, 1, 1, 1}, {2, 2, 2, 2}, 1, 1, 1,
		1 - 2.0 / 70, true, true},
	/* 252 of 5 and 5; U = 0, 1, 2 happen in 1, 1 and 2 of them. */
	{"five: two off each end", 5, 5, {1, 1, 1, 1, 1}, {3, 3, 3, 3, 3}, 2, 2,
		2, 1 - 2 * 4.0 / 252, true, true},
	{"halved", 4, 4, {4, 4, 4, 4}, {2, 2, 2, 2}, -0.5, -0.5, -0.5,
		1 - 2.0 / 70, true, true},
	{"equal is no difference", 4, 4, {2, 2, 2, 2}, {2, 2, 2, 2}, 0, 0, 0,
		1 - 2.0 / 70, true, false},
	{"a zero: differences", 4, 4, {0, 0, 0, 0}, {12, 12, 12, 12}, 12, 12,
		12, 1 - 2.0 / 70, false, true},
	{"overlap", 4, 4, {1, 2, 4, 8}, {1, 2, 4, 8}, 0, -0.875, 7,
		1 - 2.0 / 70, true, false},
};

START_TEST(test_shift)
{
	const struct robust_shift s = robust_shift_between(shifts[_i].base,
		shifts[_i].nbase, shifts[_i].other, shifts[_i].nother);

	CLOSE(s.shift, shifts[_i].shift);
	CLOSE(s.low, shifts[_i].low);
	CLOSE(s.high, shifts[_i].high);
	CLOSE(s.coverage, shifts[_i].coverage);
	ck_assert_msg(
		s.is_relative == shifts[_i].is_relative, "%s", shifts[_i].name);
	ck_assert_msg(
		s.is_distinct == shifts[_i].is_distinct, "%s", shifts[_i].name);
}
END_TEST

START_TEST(test_shift_unknown)
{
	const double known[] = {1, 2};
	const double unknown[] = {NAN, NAN};
	const struct robust_shift s =
		robust_shift_between(known, 2, unknown, 2);

	ck_assert(isnan(s.shift) && !s.is_distinct);
}
END_TEST

/* As skewed as times of runs are: a floor and a long tail. */
static double skewed(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	const double u = (double)(*state >> 11) * 0x1p-53;
	return 1 + 0.3 * -log(1 - u);
}

/* Equal distributions: at most 5 % of the intervals may leave out 0. */
START_TEST(test_coverage)
{
	static const size_t sizes[][2] = {{4, 4}, {5, 5}, {5, 7}, {10, 10}};
	const size_t m = sizes[_i][0];
	const size_t n = sizes[_i][1];
	uint64_t state = 42;
	int nwrong = 0;

	for (int trial = 0; trial < NTRIALS; trial++) {
		double a[MOST];
		double b[MOST];
		for (size_t i = 0; i < m; i++)
			a[i] = skewed(&state);
		for (size_t i = 0; i < n; i++)
			b[i] = skewed(&state);
		nwrong += robust_shift_between(a, m, b, n).is_distinct;
	}
	/* Four standard deviations above 5 %. */
	const double most = 0.05 * NTRIALS + 4 * sqrt(0.05 * 0.95 * NTRIALS);
	ck_assert_msg(nwrong < most, "%d of %d", nwrong, (int)NTRIALS);
	ck_assert_msg(nwrong > 0.01 * NTRIALS, "%d: it never differs", nwrong);
}
END_TEST

/* A difference that is there is found, and the interval holds it. */
START_TEST(test_power)
{
	uint64_t state = 7;
	int nfound = 0;
	int nheld = 0;

	for (int trial = 0; trial < NTRIALS; trial++) {
		double a[5];
		double b[5];
		for (size_t i = 0; i < 5; i++) {
			a[i] = 1 + 0.01 * skewed(&state);
			b[i] = 1.1 * (1 + 0.01 * skewed(&state));
		}
		const struct robust_shift s = robust_shift_between(a, 5, b, 5);
		nfound += s.is_distinct;
		nheld += s.low <= 0.1 && 0.1 <= s.high;
	}
	ck_assert_int_eq(nfound, NTRIALS);
	ck_assert_int_ge(nheld, NTRIALS * 94 / 100);
}
END_TEST

static void add_tests(TCase *tests)
{
	UNIT_TABLE(tests, test_median, medians);
	UNIT_TABLE(tests, test_shift, shifts);
	UNIT_TEST(tests, test_shift_unknown);
	tcase_add_loop_test(tests, test_coverage, 0, 4);
	UNIT_TEST(tests, test_power);
}

UNIT_MAIN("robust", add_tests)
