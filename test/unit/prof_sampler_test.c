/*
 * prof_sampler_test: distances are exponential, probabilities exact, and
 * what samples stand for adds up to what was allocated.
 */
#include "prof/sampler.h"

#include <math.h>

#include "test/unit/unit.h"

enum { NDRAWS = 200000 };

START_TEST(test_distances_are_exponential)
{
	const uint32_t rate = 524288;
	uint64_t state = 42;
	double sum = 0, squares = 0, below_half = 0;

	for (int i = 0; i < NDRAWS; i++) {
		double d = (double)sampler_distance(&state, rate);
		if (d < 1) /* an assertion each costs more than the draw */
			ck_abort_msg("draw %d: %g", i, d);
		sum += d;
		squares += d * d;
		below_half += d < 0.6931 * rate;
	}
	/* Mean r, variance r^2, median r ln 2: each within four sigma. */
	ck_assert_double_eq_tol(sum / NDRAWS / rate, 1, 0.009);
	ck_assert_double_eq_tol(
		squares / NDRAWS / rate / rate, 2, 4 * sqrt(20.0 / NDRAWS));
	ck_assert_double_eq_tol(below_half / NDRAWS, 0.5, 0.0045);
}
END_TEST

static const struct {
	const char *name;
	size_t size;
	uint32_t rate;
} probabilities[] = {
	{"tiny_in_much", 8, INT32_MAX},
	{"small", 16, 524288},
	{"equal", 4096, 4096},
	{"more", 100000, 4096},
	{"much_more", 262143, 4096},
	{"large", 3000000, 524288},
	{"odd", 12345, 1023},
	{"two", 1, 2},
};

START_TEST(test_probability_is_exact)
{
	size_t size = probabilities[_i].size;
	uint32_t rate = probabilities[_i].rate;
	double p = (double)sampler_probability(size, rate) / SAMPLER_ONE;
	double want = -expm1(-(double)size / rate);

	ck_assert_msg(fabs(p / want - 1) < 1e-9, "%s: %.17g, not %.17g",
		probabilities[_i].name, p, want);
}
END_TEST

START_TEST(test_probability_at_the_ends)
{
	ck_assert_uint_eq(sampler_probability(1, 1), SAMPLER_ONE);
	ck_assert_uint_eq(sampler_probability(0, 1), SAMPLER_ONE);
	ck_assert_uint_eq(sampler_probability(SIZE_MAX, 2), SAMPLER_ONE);
	ck_assert_uint_eq(
		sampler_probability((size_t)1 << 40, 524288), SAMPLER_ONE);
	ck_assert_uint_gt(sampler_probability(0, 1000), 0);
	ck_assert_uint_eq(sampler_weigh(5, SAMPLER_ONE), 5);
	ck_assert_uint_eq(sampler_weigh(1, SAMPLER_ONE / 1000), 1000);
	ck_assert_uint_eq(sampler_weigh(UINT64_MAX, 1), UINT64_MAX);
}
END_TEST

/* Whole programs: sizes in turn, as one thread allocates them. */
static const struct {
	const char *name;
	uint32_t rate;
	size_t sizes[4];
} programs[] = {
	{"small", 4096, {16, 48, 8, 100}},
	{"about_the_rate", 4096, {4096, 3000, 5000, 10000}},
	{"mixed", 8192, {16, 30000, 1, 512}},
	{"all_sampled", 1, {16, 30000, 0, 512}},
};

START_TEST(test_hits_stand_for_what_was_allocated)
{
	const uint32_t rate = programs[_i].rate;
	struct sampler s = {.random = 7};
	double seen[4] = {0};

	for (int i = 0; i < 4 * NDRAWS; i++) {
		size_t size = programs[_i].sizes[i % 4];
		if (sampler_hit(&s, size, rate))
			seen[i % 4] += (double)sampler_weigh(
				1000, sampler_probability(size, rate));
	}
	for (int k = 0; k < 4; k++) {
		double p = -expm1(-(double)programs[_i].sizes[k] / rate);
		double sigma = p > 0 ? sqrt((1 - p) / (p * NDRAWS)) : 0;
		if (rate == 1)
			sigma = 0;
		ck_assert_msg(
			fabs(seen[k] / 1000 / NDRAWS - 1) <= 4 * sigma + 1e-4,
			"%s: size %zu: %g, sigma %g", programs[_i].name,
			programs[_i].sizes[k], seen[k] / 1000 / NDRAWS, sigma);
	}
}
END_TEST

START_TEST(test_objects_are_geometric)
{
	const uint32_t rate = 4096;
	static const size_t sizes[] = {8, 512, 4096, 32768};

	for (int k = 0; k < 4; k++) {
		uint64_t state = 99, n = 0, nfirst = 0;
		double p = -expm1(-(double)sizes[k] / rate);
		for (int i = 0; i < NDRAWS; i++) {
			uint64_t d = sampler_objects(&state, rate, sizes[k]);
			if (d < 1)
				ck_abort_msg("no object in draw %d", i);
			n += d;
			nfirst += d == 1;
		}
		ck_assert_double_eq_tol((double)n * p / NDRAWS, 1, 0.01);
		ck_assert_double_eq_tol((double)nfirst / NDRAWS, p,
			4 * sqrt(p * (1 - p) / NDRAWS) + 1e-6);
	}
}
END_TEST

START_TEST(test_rate_changes_at_once)
{
	struct sampler s = {0};

	ck_assert(!sampler_hit(&s, 1 << 20, 0));
	for (int i = 0; i < 10; i++)
		ck_assert(sampler_hit(&s, 1, 1));
	ck_assert(!sampler_hit(&s, 1 << 20, 0));
	int nhits = 0;
	for (int i = 0; i < 1000; i++)
		nhits += sampler_hit(&s, 1, 1 << 30);
	ck_assert_int_eq(nhits, 0);
	ck_assert(sampler_hit(&s, 0, 1));
}
END_TEST

START_TEST(test_seeds_differ_unless_set)
{
	uint64_t a = sampler_seed(), b = sampler_seed();

	ck_assert_uint_ne(a, b);
	ck_assert_uint_ne(a, 0);
	sampler_set_seed(5);
	a = sampler_seed();
	sampler_set_seed(5);
	ck_assert_uint_eq(sampler_seed(), a);
	ck_assert_uint_ne(sampler_seed(), a);
}
END_TEST

static void prof_sampler_suite(TCase *tests)
{
	UNIT_TEST(tests, test_distances_are_exponential);
	UNIT_TABLE(tests, test_probability_is_exact, probabilities);
	UNIT_TEST(tests, test_probability_at_the_ends);
	UNIT_TABLE(tests, test_hits_stand_for_what_was_allocated, programs);
	UNIT_TEST(tests, test_objects_are_geometric);
	UNIT_TEST(tests, test_rate_changes_at_once);
	UNIT_TEST(tests, test_seeds_differ_unless_set);
}

UNIT_MAIN("prof_sampler", prof_sampler_suite)
