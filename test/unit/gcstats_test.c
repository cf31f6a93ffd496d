/*
 * gcstats_test: counts, the ring, Go's quantiles, and readers beside the
 * writer.
 */
#include "gc/gcstats.h"

#include <pthread.h>

#include "core/atomics.h"
#include "test/unit/unit.h"

enum {
	TEST_NQUANTILES = 5,
	NREADERS = 2,
	/* That each reader takes beside the writer. */
	NCOPIES = SANITIZED ? 2000 : 50000,
	NNOTES_MAX = 200000000, /* cycles noted meanwhile */
};

/* Notes a cycle whose numbers all follow from i. */
static void note(uint64_t i)
{
	const struct gcstats_cycle c = {
		.pause_ns = i,
		.end = 1000 * i,
		.gc_cpu_ns = 2 * i,
		.elapsed_cpu_ns = 10 * i,
		.is_forced = i % 2 == 0,
	};

	gcstats_note(&c);
}

START_TEST(test_nothing_yet)
{
	struct gcstats s;
	uint64_t quantiles[TEST_NQUANTILES] = {1, 1, 1, 1, 1};

	gcstats_init();
	gcstats_read(&s);
	ck_assert_uint_eq(s.num_gc, 0);
	ck_assert_uint_eq(s.last_gc, 0);
	ck_assert_uint_eq(gcstats_count_pauses(&s), 0);
	ck_assert(gcstats_cpu_fraction(&s) == 0);
	gcstats_quantiles(&s, quantiles, TEST_NQUANTILES);
	for (int i = 0; i < TEST_NQUANTILES; i++)
		ck_assert_uint_eq(quantiles[i], 0);
}
END_TEST

START_TEST(test_a_few_cycles)
{
	struct gcstats s;

	gcstats_init();
	for (uint64_t i = 1; i <= 3; i++)
		note(i);
	gcstats_read(&s);
	ck_assert_uint_eq(s.num_gc, 3);
	ck_assert_uint_eq(s.num_forced, 1);
	ck_assert_uint_eq(s.pause_total_ns, 6);
	ck_assert_uint_eq(s.last_gc, 3000);
	ck_assert(gcstats_cpu_fraction(&s) == 0.2);
	ck_assert_uint_eq(gcstats_count_pauses(&s), 3);
	for (unsigned n = 0; n < 3; n++) {
		ck_assert_uint_eq(gcstats_pause_ns(&s, n), 3 - n);
		ck_assert_uint_eq(gcstats_pause_end(&s, n), 1000 * (3 - n));
	}
	/* Where Go's programs look. */
	ck_assert_uint_eq(s.pause_ns[(s.num_gc + 255) % 256], 3);
	ck_assert_uint_eq(s.pause_ns[3], 0);
}
END_TEST

/* The ring holds the last 256, wherever it begins. */
START_TEST(test_ring_wraps)
{
	const uint64_t last = 255 + (uint64_t)_i;
	const unsigned wanted = last < 256 ? (unsigned)last : 256;
	struct gcstats s;

	gcstats_init();
	for (uint64_t i = 1; i <= last; i++)
		note(i);
	gcstats_read(&s);
	ck_assert_uint_eq(s.num_gc, last);
	ck_assert_uint_eq(gcstats_count_pauses(&s), wanted);
	ck_assert_uint_eq(s.pause_total_ns, last * (last + 1) / 2);
	for (unsigned n = 0; n < wanted; n++) {
		ck_assert_uint_eq(gcstats_pause_ns(&s, n), last - n);
		ck_assert_uint_eq(gcstats_pause_end(&s, n), 1000 * (last - n));
	}
}
END_TEST

START_TEST(test_fraction_is_at_most_one)
{
	const struct gcstats s = {.gc_cpu_ns = 11, .elapsed_cpu_ns = 10};

	ck_assert(gcstats_cpu_fraction(&s) == 1);
}
END_TEST

static const struct {
	const char *name;
	unsigned npauses;
	uint64_t pauses[11]; /* oldest first */
	unsigned n;
	uint64_t wanted[TEST_NQUANTILES];
} quantile_cases[] = {
	{"one_pause", 1, {7}, 5, {7, 7, 7, 7, 7}},
	{"two_pauses", 2, {9, 4}, 5, {4, 4, 9, 9, 9}},
	{"five_are_themselves", 5, {50, 10, 40, 20, 30}, 5,
		{10, 20, 30, 40, 50}},
	{"eleven", 11, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, 5, {0, 2, 5, 8, 10}},
	{"equal_ones", 4, {3, 3, 3, 3}, 5, {3, 3, 3, 3, 3}},
	{"least_and_greatest", 4, {3, 1, 4, 2}, 2, {1, 4}},
	{"greatest_alone", 4, {3, 1, 4, 2}, 1, {4}},
	{"none_wanted", 4, {3, 1, 4, 2}, 0, {0}},
};

START_TEST(test_quantiles)
{
	struct gcstats s;
	uint64_t got[TEST_NQUANTILES] = {0};

	gcstats_init();
	for (unsigned i = 0; i < quantile_cases[_i].npauses; i++)
		note(quantile_cases[_i].pauses[i]);
	gcstats_read(&s);
	gcstats_quantiles(&s, got, quantile_cases[_i].n);
	for (int i = 0; i < TEST_NQUANTILES; i++)
		ck_assert_msg(got[i] == quantile_cases[_i].wanted[i],
			"%s: %d is %llu", quantile_cases[_i].name, i,
			(unsigned long long)got[i]);
}
END_TEST

/* Only the pauses of the ring count, and all of them. */
START_TEST(test_quantiles_of_a_full_ring)
{
	struct gcstats s;
	uint64_t got[TEST_NQUANTILES];

	gcstats_init();
	for (uint64_t i = 1; i <= 1000; i++)
		note(i);
	gcstats_read(&s);
	gcstats_quantiles(&s, got, TEST_NQUANTILES);
	ck_assert_uint_eq(got[0], 745);
	ck_assert_uint_eq(got[1], 745 + 64);
	ck_assert_uint_eq(got[2], 745 + 128);
	ck_assert_uint_eq(got[3], 745 + 192);
	ck_assert_uint_eq(got[4], 1000);
}
END_TEST

static unsigned ncopies[NREADERS]; /* taken so far */

/* Every copy is of one moment: note(i) makes all fields follow from num_gc. */
static void *read_beside(void *arg)
{
	unsigned *ncopied = arg;
	uint64_t nwrong = 0, seen = 0;
	struct gcstats s;

	for (unsigned n = 1; n <= NCOPIES; n++) {
		gcstats_read(&s);
		const uint64_t i = s.num_gc;
		const bool is_right =
			i >= seen && s.num_forced == i / 2 &&
			s.pause_total_ns == i * (i + 1) / 2 &&
			s.last_gc == 1000 * i && s.gc_cpu_ns == 2 * i &&
			s.elapsed_cpu_ns == 10 * i &&
			(i == 0 || gcstats_pause_ns(&s, 0) == i) &&
			(i == 0 || gcstats_pause_end(&s, 0) == 1000 * i);
		nwrong += !is_right;
		seen = i;
		store_relaxed(ncopied, n);
	}
	return (void *)nwrong;
}

static bool readers_are_done(void)
{
	bool done = true;

	for (int i = 0; i < NREADERS; i++)
		done &= load_relaxed(&ncopies[i]) == NCOPIES;
	return done;
}

START_TEST(test_readers_see_one_moment)
{
	pthread_t readers[NREADERS];

	gcstats_init();
	for (int i = 0; i < NREADERS; i++)
		ck_assert_int_eq(pthread_create(&readers[i], NULL, read_beside,
					 &ncopies[i]),
			0);
	for (uint64_t i = 1; i <= NNOTES_MAX && !readers_are_done(); i++)
		note(i);
	for (int i = 0; i < NREADERS; i++) {
		void *nwrong;
		pthread_join(readers[i], &nwrong);
		ck_assert_ptr_null(nwrong);
	}
}
END_TEST

START_TEST(test_init_forgets)
{
	struct gcstats s;

	gcstats_init();
	note(1);
	gcstats_init();
	gcstats_read(&s);
	ck_assert_uint_eq(s.num_gc, 0);
	ck_assert_uint_eq(s.pause_ns[0], 0);
	ck_assert_uint_eq(s.pause_total_ns, 0);
}
END_TEST

static void gcstats_suite(TCase *tests)
{
	UNIT_TEST(tests, test_nothing_yet);
	UNIT_TEST(tests, test_a_few_cycles);
	tcase_add_loop_test(tests, test_ring_wraps, 0, 5);
	UNIT_TEST(tests, test_fraction_is_at_most_one);
	UNIT_TABLE(tests, test_quantiles, quantile_cases);
	UNIT_TEST(tests, test_quantiles_of_a_full_ring);
	UNIT_TEST(tests, test_init_forgets);
	UNIT_TEST(tests, test_readers_see_one_moment);
}
UNIT_MAIN("gcstats", gcstats_suite)
