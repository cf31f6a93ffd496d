/*
 * scavgoal_test: the allowance against simulated programs.
 *
 * A simulated heap takes dirty pages before ones without memory, as the page
 * allocator tends to, and gives back what exceeds the allowance after each
 * free and every 100 ms, as the scavenger does.  A fault is a byte that had
 * been given back and is taken again.
 */
#include "core/scavgoal.h"
#include "test/unit/unit.h"

#define MIB      ((size_t)1 << 20)
#define TENTH_NS UINT64_C(100000000)

/* One simulated program and its heap, in bytes. */
struct sim {
	struct scavgoal goal;
	uint64_t now;     /* ns */
	size_t in_use;    /* live */
	size_t dirty;     /* free and resident */
	size_t scavenged; /* free, given back */
	size_t allocated; /* in all */
	size_t faulted;   /* of these, given back before */
};

static void sim_init(struct sim *s)
{
	*s = (struct sim){.now = UINT64_C(123456789012345)};
	scavgoal_init(&s->goal);
}

static size_t sim_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void sim_scavenge(struct sim *s)
{
	const size_t keep = scavgoal_allowance(&s->goal, s->in_use, s->now);

	if (s->dirty <= keep)
		return;
	const size_t excess = s->dirty - keep;
	s->dirty -= excess;
	s->scavenged += excess;
	scavgoal_note_released(&s->goal, excess, s->now);
}

static void sim_alloc(struct sim *s, size_t bytes)
{
	const size_t from_dirty = sim_min(bytes, s->dirty);
	const size_t cold = bytes - from_dirty;
	const size_t again = sim_min(cold, s->scavenged);

	s->dirty -= from_dirty;
	s->scavenged -= again;
	s->in_use += bytes;
	s->allocated += bytes;
	s->faulted += again;
	if (cold > 0)
		scavgoal_note_reused(&s->goal, cold, s->now);
}

static void sim_free(struct sim *s, size_t bytes)
{
	s->in_use -= bytes;
	s->dirty += bytes;
	sim_scavenge(s);
}

/* Lets time pass while the scavenger looks in. */
static void sim_wait(struct sim *s, uint64_t ns)
{
	for (; ns >= TENTH_NS; ns -= TENTH_NS) {
		s->now += TENTH_NS;
		sim_scavenge(s);
	}
	s->now += ns;
}

/* Up to bytes and back to where it was, in ns, in steps of a MiB. */
static void sim_breathe(struct sim *s, size_t bytes, uint64_t ns)
{
	const size_t nsteps = bytes / MIB;

	for (size_t i = 0; i < nsteps; i++) {
		sim_alloc(s, MIB);
		s->now += ns / nsteps / 2;
	}
	for (size_t i = 0; i < nsteps; i++) {
		sim_free(s, MIB);
		s->now += ns / nsteps / 2;
	}
}

START_TEST(test_steady_heap_keeps_a_tenth)
{
	struct sim s;

	sim_init(&s);
	sim_alloc(&s, 200 * MIB);
	for (unsigned i = 0; i < 1000; i++) {
		sim_breathe(&s, 4 * MIB, TENTH_NS / 10);
		ck_assert_uint_eq(
			scavgoal_allowance(&s.goal, s.in_use, s.now), 24 * MIB);
	}
	ck_assert_uint_eq(s.faulted, 0);
}
END_TEST

START_TEST(test_one_burst_then_idle_leaves_the_floor)
{
	struct sim s;

	sim_init(&s);
	sim_breathe(&s, 512 * MIB, 20 * TENTH_NS);
	ck_assert_uint_le(s.dirty, SCAVGOAL_FLOOR);
	sim_wait(&s, 10 * TENTH_NS);
	ck_assert_uint_eq(
		scavgoal_allowance(&s.goal, 0, s.now), (size_t)SCAVGOAL_FLOOR);
}
END_TEST

/* Regret without a rise, as when first fit prefers pages given back. */
START_TEST(test_new_regret_lasts_its_second_and_halves)
{
	const uint64_t second = 10 * TENTH_NS;
	const size_t regret = 64 * MIB;
	struct scavgoal g;

	scavgoal_init(&g);
	scavgoal_allowance(&g, 100 * MIB, 0);
	scavgoal_allowance(&g, 0, 1);
	scavgoal_note_released(&g, regret, second);
	scavgoal_note_reused(&g, regret, second);
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t now = (i + 2) * second;
		ck_assert_uint_eq(scavgoal_allowance(&g, 0, now),
			SCAVGOAL_FLOOR + (regret >> i));
	}
}
END_TEST

/* A heap that stays up, however high, earns nothing. */
START_TEST(test_regret_is_gone_while_the_base_stays)
{
	struct sim s;

	sim_init(&s);
	sim_alloc(&s, 300 * MIB);
	for (unsigned i = 0; i < 20; i++)
		sim_breathe(&s, 100 * MIB, TENTH_NS);
	ck_assert_uint_gt(s.dirty, 90 * MIB);
	sim_wait(&s, 100 * TENTH_NS);
	ck_assert_uint_le(s.dirty, 35 * MIB);
}
END_TEST

/* Idle for good: 512 MiB of regret is at most 40 MiB five seconds later. */
START_TEST(test_regret_is_gone_soon_after_the_last_breath)
{
	struct sim s;

	sim_init(&s);
	for (unsigned i = 0; i < 10; i++)
		sim_breathe(&s, 512 * MIB, 5 * TENTH_NS);
	ck_assert_uint_gt(s.dirty, 400 * MIB);
	sim_wait(&s, 50 * TENTH_NS);
	ck_assert_uint_le(s.dirty, 40 * MIB);
	sim_wait(&s, 250 * TENTH_NS);
	ck_assert_uint_le(s.dirty, SCAVGOAL_FLOOR + 64);
	sim_wait(&s, 100 * TENTH_NS);
	ck_assert_uint_eq(s.goal.regret, 0);
}
END_TEST

static const struct {
	const char *name;
	size_t base_mib;  /* always in use */
	size_t depth_mib; /* breathed */
	uint64_t ns;      /* per breath */
} breath_cases[] = {
	{"ten_a_second", 0, 100, TENTH_NS},
	{"hundred_a_second", 0, 100, TENTH_NS / 10},
	{"two_a_second", 0, 100, 5 * TENTH_NS},
	{"one_a_second", 0, 100, 10 * TENTH_NS},
	{"above_a_base", 300, 100, TENTH_NS},
	{"small", 0, 8, TENTH_NS},
	{"large", 0, 3000, 3 * TENTH_NS},
};

START_TEST(test_breathing_faults_for_the_first_breaths_only)
{
	const size_t depth = breath_cases[_i].depth_mib * MIB;
	struct sim s;

	sim_init(&s);
	sim_alloc(&s, breath_cases[_i].base_mib * MIB);
	for (unsigned i = 0; i < 2; i++)
		sim_breathe(&s, depth, breath_cases[_i].ns);
	s.allocated = s.faulted = 0;
	for (unsigned i = 0; i < 100; i++)
		sim_breathe(&s, depth, breath_cases[_i].ns);
	ck_assert_msg(s.faulted * 100 <= s.allocated * 3,
		"%s: %zu of %zu MiB faulted", breath_cases[_i].name,
		s.faulted / MIB, s.allocated / MIB);
}
END_TEST

/* What is rarely needed again is given back, however often that happens. */
START_TEST(test_rare_breaths_hold_nothing)
{
	struct sim s;

	sim_init(&s);
	for (unsigned i = 0; i < 10; i++) {
		sim_breathe(&s, 100 * MIB, TENTH_NS);
		sim_wait(&s, 100 * TENTH_NS);
		ck_assert_uint_le(s.dirty, SCAVGOAL_FLOOR);
	}
}
END_TEST

/* The depth changes: the allowance follows down within a few seconds. */
START_TEST(test_shallower_breaths_keep_less)
{
	struct sim s;

	sim_init(&s);
	for (unsigned i = 0; i < 50; i++)
		sim_breathe(&s, 400 * MIB, TENTH_NS);
	for (unsigned i = 0; i < 60; i++)
		sim_breathe(&s, 40 * MIB, TENTH_NS);
	ck_assert_uint_le(s.dirty, 50 * MIB);
	ck_assert_uint_ge(s.dirty, 40 * MIB);
}
END_TEST

/* A heap that only grows, with some churn, learns no regret. */
START_TEST(test_ramp_keeps_a_tenth)
{
	struct sim s;

	sim_init(&s);
	for (unsigned i = 0; i < 1000; i++) {
		sim_alloc(&s, 4 * MIB);
		sim_free(&s, 3 * MIB);
		s.now += TENTH_NS / 10;
	}
	ck_assert_uint_eq(s.in_use, 1000 * MIB);
	ck_assert_uint_le(scavgoal_allowance(&s.goal, s.in_use, s.now),
		SCAVGOAL_FLOOR + s.in_use / 10);
	ck_assert_uint_eq(s.faulted, 0);
}
END_TEST

/* Whenever something is freed nothing else is there: the peak is above. */
START_TEST(test_a_heap_of_one_object_learns_too)
{
	struct scavgoal g;

	scavgoal_init(&g);
	scavgoal_note_released(&g, 8 * MIB, 1);
	scavgoal_note_in_use(&g, 8 * MIB);
	scavgoal_note_reused(&g, 8 * MIB, 2);
	ck_assert_uint_eq(
		scavgoal_allowance(&g, 0, 3), SCAVGOAL_FLOOR + 8 * MIB);
}
END_TEST

START_TEST(test_new_pages_are_no_regret)
{
	struct scavgoal g;

	scavgoal_init(&g);
	scavgoal_note_reused(&g, 1000 * MIB, 5);
	scavgoal_allowance(&g, 1000 * MIB, 6);
	ck_assert_uint_eq(scavgoal_allowance(&g, 0, 7), (size_t)SCAVGOAL_FLOOR);
	scavgoal_note_released(&g, 10 * MIB, 8);
	scavgoal_note_reused(&g, 1000 * MIB, 9);
	ck_assert_uint_eq(
		scavgoal_allowance(&g, 0, 10), SCAVGOAL_FLOOR + 10 * MIB);
}
END_TEST

START_TEST(test_late_reuse_is_no_regret)
{
	struct scavgoal g;

	scavgoal_init(&g);
	scavgoal_allowance(&g, 100 * MIB, 0);
	scavgoal_note_released(&g, 100 * MIB, 0);
	scavgoal_note_reused(&g, 100 * MIB, 20 * TENTH_NS);
	ck_assert_uint_eq(scavgoal_allowance(&g, 0, 20 * TENTH_NS),
		(size_t)SCAVGOAL_FLOOR);
}
END_TEST

/* At the peak nothing more can be needed, whatever was regretted. */
START_TEST(test_peak_bounds_the_allowance)
{
	struct scavgoal g;

	scavgoal_init(&g);
	scavgoal_allowance(&g, 100 * MIB, 0);
	for (unsigned i = 0; i < 50; i++) {
		scavgoal_note_released(&g, 90 * MIB, i);
		scavgoal_note_reused(&g, 90 * MIB, i);
	}
	ck_assert_uint_eq(
		scavgoal_allowance(&g, 0, 60), SCAVGOAL_FLOOR + 100 * MIB);
	ck_assert_uint_eq(scavgoal_allowance(&g, 100 * MIB, 61),
		SCAVGOAL_FLOOR + 10 * MIB);

	/* And what is beyond it need not be forgotten first. */
	ck_assert_uint_eq(scavgoal_allowance(&g, 0, 10 * TENTH_NS),
		SCAVGOAL_FLOOR + 100 * MIB);
	ck_assert_uint_eq(scavgoal_allowance(&g, 0, 20 * TENTH_NS),
		SCAVGOAL_FLOOR + 50 * MIB);
}
END_TEST

START_TEST(test_time_may_stand_still_or_leap)
{
	struct scavgoal g;

	scavgoal_init(&g);
	scavgoal_allowance(&g, 100 * MIB, 1000 * TENTH_NS);
	scavgoal_note_released(&g, 50 * MIB, 1000 * TENTH_NS);
	scavgoal_note_reused(&g, 50 * MIB, 999 * TENTH_NS);
	ck_assert_uint_eq(scavgoal_allowance(&g, 0, 999 * TENTH_NS),
		SCAVGOAL_FLOOR + 50 * MIB);
	ck_assert_uint_eq(
		scavgoal_allowance(&g, 0, UINT64_MAX), (size_t)SCAVGOAL_FLOOR);
}
END_TEST

/* Sizes in MiB. */
static const struct {
	const char *name;
	size_t limit, in_use, dirty, more;
	size_t allowance, excess;
} limit_cases[] = {
	{"far_away", 1000, 100, 10, 50, 14, 0},
	{"none_left_at_95_percent", 100, 95, 3, 1, 0, 0},
	{"a_little_left", 100, 93, 3, 1, 2, 0},
	{"just_fits", 100, 90, 5, 5, 5, 0},
	{"one_too_many", 100, 90, 5, 6, 5, 1},
	{"all_that_is_free_goes", 100, 90, 5, 50, 5, 5},
	{"beyond_anyway", 100, 120, 7, 1, 0, 7},
	{"nothing_may_stay", 0, 10, 2, 1, 0, 2},
};

START_TEST(test_limit)
{
	struct scavgoal g;

	scavgoal_init(&g);
	g.limit = limit_cases[_i].limit * MIB;
	const size_t in_use = limit_cases[_i].in_use * MIB;
	ck_assert_uint_eq(scavgoal_allowance(&g, in_use, 0) / MIB,
		limit_cases[_i].allowance);
	ck_assert_uint_eq(
		scavgoal_excess(&g, in_use, limit_cases[_i].dirty * MIB,
			limit_cases[_i].more * MIB),
		limit_cases[_i].excess * MIB);
}
END_TEST

START_TEST(test_no_limit_is_no_excess)
{
	struct scavgoal g;

	scavgoal_init(&g);
	ck_assert_uint_eq(
		scavgoal_excess(&g, 1000 * MIB, 1000 * MIB, 1000 * MIB), 0);
	ck_assert_uint_eq(scavgoal_left_by_limit(&g, 1000 * MIB), SIZE_MAX);
}
END_TEST

static void scavgoal_suite(TCase *tests)
{
	UNIT_TEST(tests, test_steady_heap_keeps_a_tenth);
	UNIT_TEST(tests, test_one_burst_then_idle_leaves_the_floor);
	UNIT_TEST(tests, test_new_regret_lasts_its_second_and_halves);
	UNIT_TEST(tests, test_regret_is_gone_while_the_base_stays);
	UNIT_TEST(tests, test_regret_is_gone_soon_after_the_last_breath);
	UNIT_TABLE(tests, test_breathing_faults_for_the_first_breaths_only,
		breath_cases);
	UNIT_TEST(tests, test_rare_breaths_hold_nothing);
	UNIT_TEST(tests, test_shallower_breaths_keep_less);
	UNIT_TEST(tests, test_ramp_keeps_a_tenth);
	UNIT_TEST(tests, test_a_heap_of_one_object_learns_too);
	UNIT_TEST(tests, test_new_pages_are_no_regret);
	UNIT_TEST(tests, test_late_reuse_is_no_regret);
	UNIT_TEST(tests, test_peak_bounds_the_allowance);
	UNIT_TEST(tests, test_time_may_stand_still_or_leap);
	UNIT_TABLE(tests, test_limit, limit_cases);
	UNIT_TEST(tests, test_no_limit_is_no_excess);
}
UNIT_MAIN("scavgoal", scavgoal_suite)
