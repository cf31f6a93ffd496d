/*
 * cpulimit_test: the bucket, step by step; pacer_program_test has whole
 * programs.  Two processors unless said otherwise, so it holds 2 s.
 */
#include "gc/cpulimit.h"

#include "test/unit/unit.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

enum { NSTEPS = 3 };

/* One call: until when, and how the time was used; all in ms. */
struct step {
	uint64_t until;
	enum { END, RUN, MARK, STOP } what;
	uint64_t assist, idle; /* CPU time */
};

static const struct {
	const char *name;
	struct step steps[NSTEPS];
	uint64_t fill; /* ms in the bucket afterwards */
	bool is_limiting;
} cases[] = {
	{"program_alone", {{100, RUN, 0, 0}}, 0, false},
	/* Marking takes a quarter of 200, the program the rest. */
	{"background_is_less_than_half", {{100, MARK, 0, 0}}, 0, false},
	{"background_drains", {{100, STOP, 0, 0}, {200, MARK, 0, 0}}, 100,
		false},
	{"assists_to_a_half", {{100, MARK, 50, 0}}, 0, false},
	{"assists_beyond", {{100, MARK, 150, 0}}, 200, false},
	{"assists_without_marking", {{100, RUN, 150, 0}}, 100, false},
	{"stopped_fills", {{100, STOP, 0, 0}}, 200, false},
	{"program_drains", {{500, STOP, 0, 0}, {600, RUN, 0, 0}}, 800, false},
	{"and_never_below_nothing", {{100, STOP, 0, 0}, {900, RUN, 0, 0}}, 0,
		false},
	/* 100 of 200 idle: marking's 50 against the program's 50. */
	{"idle_is_nobodys", {{100, MARK, 0, 100}}, 0, false},
	{"idle_and_assists", {{100, MARK, 50, 100}}, 100, false},
	{"more_idle_than_time", {{100, MARK, 0, 300}}, 50, false},
	{"nearly_full", {{999, STOP, 0, 0}}, 1998, false},
	{"full", {{1000, STOP, 0, 0}}, 2000, true},
	{"half_and_half_stays_full", {{1000, STOP, 0, 0}, {1100, MARK, 50, 0}},
		2000, true},
	{"one_look_empties_a_little", {{1000, STOP, 0, 0}, {1010, MARK, 0, 0}},
		1990, false},
	{"flows_over", {{1500, STOP, 0, 0}}, 3000, true},
	{"and_is_kept", {{1500, STOP, 0, 0}, {1900, MARK, 0, 0}}, 2600, true},
	{"up_to_another_bucket", {{9000, STOP, 0, 0}}, 4000, true},
	{"clock_stands_still",
		{{100, STOP, 0, 0}, {100, STOP, 0, 0}, {100, RUN, 0, 0}}, 200,
		false},
	{"clock_steps_back", {{100, STOP, 0, 0}, {50, STOP, 0, 0}}, 200, false},
};

/* The collector's thread takes a quarter of two processors while it marks. */
static void limit_step(struct cpulimit *l, const struct step *s)
{
	const uint64_t now = SEC + s->until * MS;
	const uint64_t elapsed = now > l->last_ns ? now - l->last_ns : 0;
	const struct cpulimit_use use = {
		.background_ns = s->what == MARK ? elapsed / 2 : 0,
		.assist_ns = s->assist * MS,
		.idle_ns = s->idle * MS};

	if (s->what == STOP)
		cpulimit_note_stopped(l, now);
	else if (s->what != END)
		cpulimit_note(l, now, &use);
}

START_TEST(test_bucket)
{
	struct cpulimit l;

	cpulimit_init(&l, 2, SEC);
	for (int i = 0; i < NSTEPS; i++)
		limit_step(&l, &cases[_i].steps[i]);
	ck_assert_msg(l.fill_ns == cases[_i].fill * MS, "%s: %llu ms",
		cases[_i].name, (unsigned long long)(l.fill_ns / MS));
	ck_assert_msg(l.is_limiting == cases[_i].is_limiting, "%s: limiting",
		cases[_i].name);
}
END_TEST

START_TEST(test_capacity_grows_with_processors)
{
	struct cpulimit l;

	cpulimit_init(&l, 64, 0);
	cpulimit_note_stopped(&l, SEC - 1);
	ck_assert(!l.is_limiting);
	cpulimit_note_stopped(&l, SEC);
	ck_assert(l.is_limiting);
}
END_TEST

START_TEST(test_due)
{
	struct cpulimit l;

	cpulimit_init(&l, 2, SEC);
	ck_assert(!cpulimit_is_due(&l, SEC - MS));
	ck_assert(!cpulimit_is_due(&l, SEC + 10 * MS));
	ck_assert(cpulimit_is_due(&l, SEC + 10 * MS + 1));
	cpulimit_note_stopped(&l, SEC + 11 * MS);
	ck_assert(!cpulimit_is_due(&l, SEC + 12 * MS));
}
END_TEST

static void cpulimit_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_bucket, cases);
	UNIT_TEST(tests, test_capacity_grows_with_processors);
	UNIT_TEST(tests, test_due);
}
UNIT_MAIN("cpulimit", cpulimit_suite)
