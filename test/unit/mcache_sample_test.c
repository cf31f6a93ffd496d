/*
 * mcache_sample_test: which small objects are samples, whatever the program
 * does between: as many as the rate says, at no place in particular.
 */
#include "core/mcache_sample.h"

#include <math.h>

#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum { TEST_NALLOCS = 400000, TEST_NKEPT = 1000, TEST_PERIOD = 64 };

static void *kept[TEST_NKEPT];

static bool is_sample(void *p)
{
	return load_relaxed(mspan_state(test_object_at(p))) == OBJECT_SAMPLED;
}

/* As the program's free of a sample: core/heap_sample.c tells the profile. */
static void free_any(struct mcache *c, void *p)
{
	if (is_sample(p))
		store_release(mspan_state(test_object_at(p)), OBJECT_LIVE);
	test_free(c, p);
}

/* How a program allocates. */
enum pattern { PAIRS, BATCHES, REPLACES, KEEPS };

static const struct {
	const char *name;
	enum pattern pattern;
	unsigned size;
	uint32_t rate;
} programs[] = {
	{"pairs_of_small", PAIRS, 16, 1024},
	{"pairs_of_large", PAIRS, 8192, 16384},
	{"batches", BATCHES, 64, 4096},
	{"batches_often", BATCHES, 256, 256},
	{"replaces", REPLACES, 48, 2000},
	{"keeps", KEEPS, 32, 1024},
	{"seldom", PAIRS, 16, 100000},
	{"all", REPLACES, 64, 1},
};

/* The i-th allocation, and the frees that go with it. */
static void *step(struct mcache *c, unsigned class, enum pattern how, int i)
{
	void **slot = &kept[how == PAIRS     ? 0
			    : how == BATCHES ? i % 100
					     : (int)(i * 7919u % TEST_NKEPT)];

	if (how == BATCHES && i % 100 == 0) {
		for (int k = 0; k < 100; k++) {
			if (kept[k] != NULL)
				free_any(c, kept[k]);
			kept[k] = NULL;
		}
	}
	if (how != KEEPS && *slot != NULL)
		free_any(c, *slot);
	*slot = test_alloc(c, class);
	return *slot;
}

START_TEST(test_as_many_as_the_rate_says)
{
	unsigned class = sizeclass_of(programs[_i].size);
	unsigned at[TEST_PERIOD] = {0};
	double n = programs[_i].pattern == KEEPS ? TEST_NALLOCS / 10
						 : TEST_NALLOCS;
	double size = sizeclass_table[class].size;
	double p =
		programs[_i].rate > 1 ? -expm1(-size / programs[_i].rate) : 1;
	unsigned nsamples = 0;

	test_start();
	sampler_set_seed(1234);
	prof_set_rate(programs[_i].rate);
	struct mcache *c = test_thread_mcache();
	for (int i = 0; i < (int)n; i++) {
		void *o = step(c, class, programs[_i].pattern, i);
		nsamples += is_sample(o);
		at[i % TEST_PERIOD] += is_sample(o);
	}
	double sigma = sqrt(n * p * (1 - p));
	ck_assert_msg(fabs(nsamples - n * p) <= 4 * sigma,
		"%s: %u samples, not %.0f", programs[_i].name, nsamples, n * p);
	/* Sites that take turns are sampled alike. */
	sigma /= sqrt(TEST_PERIOD);
	for (int i = 0; i < TEST_PERIOD; i++)
		ck_assert_msg(
			fabs(at[i] - n * p / TEST_PERIOD) <= 5 * sigma + 1,
			"%s: %u samples at %d, not %.0f", programs[_i].name,
			at[i], i, n * p / TEST_PERIOD);
}
END_TEST

START_TEST(test_no_profile_no_sample)
{
	unsigned class = sizeclass_of(32);

	test_start();
	struct mcache *c = test_thread_mcache();
	for (int i = 0; i < 3 * MCACHE_UNSAMPLED; i++) {
		void *p = test_alloc(c, class);
		ck_assert(!is_sample(p));
		test_free(c, p);
	}
}
END_TEST

/* Within so many objects a thread that is not asked sees another rate. */
START_TEST(test_a_new_rate_is_seen)
{
	unsigned class = sizeclass_of(32);
	int nsamples = 0;

	test_start();
	struct mcache *c = test_thread_mcache();
	test_free(c, test_alloc(c, class));
	prof_set_rate(1);
	for (int i = 0; i < MCACHE_UNSAMPLED + 100; i++) {
		void *p = test_alloc(c, class);
		nsamples += is_sample(p);
		free_any(c, p);
	}
	ck_assert_int_ge(nsamples, 99);
	prof_set_rate(0);
	free_any(c, test_alloc(c, class));
	for (int i = 0; i < 100; i++) {
		void *p = test_alloc(c, class);
		ck_assert(!is_sample(p));
		test_free(c, p);
	}
}
END_TEST

START_TEST(test_one_that_is_asked_sees_it_at_once)
{
	unsigned class = sizeclass_of(32);

	test_start();
	struct mcache *c = test_thread_mcache();
	for (int i = 0; i < 1000; i++)
		test_free(c, test_alloc(c, class));
	prof_set_rate(1);
	mcache_unbring(c);
	mcache_sample_again(c);
	for (int i = 0; i < 100; i++) {
		void *p = test_alloc(c, class);
		ck_assert(is_sample(p));
		free_any(c, p);
	}
}
END_TEST

static void mcache_sample_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_as_many_as_the_rate_says, programs);
	UNIT_TEST(tests, test_no_profile_no_sample);
	UNIT_TEST(tests, test_a_new_rate_is_seen);
	UNIT_TEST(tests, test_one_that_is_asked_sees_it_at_once);
}

UNIT_MAIN("mcache_sample", mcache_sample_suite)
