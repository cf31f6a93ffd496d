/*
 * gctrace_test: Go's lines, to the byte.
 */
#include "gc/gctrace.h"

#include "core/options.h"
#include "test/unit/unit.h"

#define MIB ((uint64_t)1 << 20)

enum { NS_PER_US = 1000, NS_PER_MS = 1000000 };

static const struct {
	uint64_t ns;
	const char *wanted;
} ms_cases[] = {
	{0, "0"},
	{999, "0"},
	{1000, "0.001"},
	{1999, "0.001"},
	{9999, "0.009"},
	{10000, "0.010"},
	{12345, "0.012"},
	{99999, "0.099"},
	{100000, "0.10"},
	{129999, "0.12"},
	{850000, "0.85"},
	{999999, "0.99"},
	{1000000, "1.0"},
	{1700000, "1.7"},
	{5040000, "5.0"},
	{9999999, "9.9"},
	{10000000, "10"},
	{10999999, "10"},
	{975000000, "975"},
	{UINT64_C(3600000000000), "3600000"},
	{UINT64_MAX, "18446744073709"},
};

START_TEST(test_ms)
{
	char buf[GCTRACE_MS_SIZE];
	const size_t len = gctrace_format_ms(buf, ms_cases[_i].ns);

	ck_assert_str_eq(buf, ms_cases[_i].wanted);
	ck_assert_uint_eq(len, strlen(ms_cases[_i].wanted));
}
END_TEST

static const struct {
	double x;
	const char *wanted;
} float_cases[] = {
	{0, "+0.000000e+000"},
	{1, "+1.000000e+000"},
	{-1, "-1.000000e+000"},
	{0.25, "+2.500000e-001"},
	{0.0833333333333, "+8.333333e-002"},
	{10, "+1.000000e+001"},
	{123456.77, "+1.234568e+005"},
	{9.9999996, "+1.000000e+001"},
	{0.99999999, "+1.000000e+000"},
	{-0.00123, "-1.230000e-003"},
	{1e100, "+1.000000e+100"},
	{1e-100, "+1.000000e-100"},
	{1.5e300 * 1e10, "+Inf"},
	{-1.5e300 * 1e10, "-Inf"},
	{1e300 * 1e10 * 0, "NaN"},
};

START_TEST(test_float)
{
	char buf[GCTRACE_FLOAT_SIZE];
	const size_t len = gctrace_format_float(buf, float_cases[_i].x);

	ck_assert_str_eq(buf, float_cases[_i].wanted);
	ck_assert_uint_eq(len, strlen(float_cases[_i].wanted));
}
END_TEST

static const struct {
	const char *name;
	struct gctrace_cycle cycle;
	const char *wanted;
} cycle_cases[] = {
	/* A program of Go 1.27 with two processors. */
	{"go",
		{.number = 9,
			.start_ns = UINT64_C(8390) * NS_PER_MS,
			.percent = 16,
			.stop_start_ns = 5002 * NS_PER_US,
			.mark_ns = UINT64_C(975) * NS_PER_MS,
			.stop_end_ns = 853 * NS_PER_US,
			.assist_ns = UINT64_C(85) * NS_PER_MS,
			.background_ns = UINT64_C(509) * NS_PER_MS,
			.idle_ns = UINT64_C(557) * NS_PER_MS,
			.heap_start = 856 * MIB + 5,
			.heap_end = 987 * MIB + MIB - 1,
			.heap_marked = 502 * MIB,
			.goal = 1005 * MIB,
			.stacks = MIB - 1,
			.globals = 200000,
			.nprocs = 2},
		"gc 9 @8.390s 16%: 5.0+975+0.85 ms clock, "
		"10+85/509/557+1.7 ms cpu, 856->987->502 MB, 1005 MB goal, "
		"0 MB stacks, 0 MB globals, 2 P\n"},
	{"forced_early_and_all_zero",
		{.number = 1, .nprocs = 1, .is_forced = true},
		"gc 1 @0.000s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, "
		"0->0->0 MB, 0 MB goal, 0 MB stacks, 0 MB globals, 1 P "
		"(forced)\n"},
	{"every_field_its_own",
		{.number = 4000000000,
			.start_ns = UINT64_C(1002003999999),
			.percent = 100,
			.stop_start_ns = 11000,
			.mark_ns = 22000,
			.stop_end_ns = 33000,
			.assist_ns = 44000,
			.background_ns = 55000,
			.idle_ns = 66000,
			.heap_start = 1 * MIB,
			.heap_end = 2 * MIB,
			.heap_marked = 3 * MIB,
			.goal = 4 * MIB,
			.stacks = 5 * MIB,
			.globals = 6 * MIB,
			.nprocs = 7},
		"gc 4000000000 @1002.003s 100%: 0.011+0.022+0.033 ms clock, "
		"0.077+0.044/0.055/0.066+0.23 ms cpu, 1->2->3 MB, 4 MB goal, "
		"5 MB stacks, 6 MB globals, 7 P\n"},
};

START_TEST(test_cycle)
{
	char buf[GCTRACE_LINE_MAX];
	const size_t len = gctrace_format_cycle(buf, &cycle_cases[_i].cycle);

	ck_assert_str_eq(buf, cycle_cases[_i].wanted);
	ck_assert_uint_eq(len, strlen(buf));
}
END_TEST

/* Whatever the numbers, the line fits. */
START_TEST(test_longest_line)
{
	struct gctrace_cycle c;
	char buf[GCTRACE_LINE_MAX + 1];

	memset(&c, 0xff, sizeof c);
	c.is_forced = true;
	c.nprocs = 4096;
	buf[GCTRACE_LINE_MAX] = '#';
	const size_t len = gctrace_format_cycle(buf, &c);
	ck_assert_uint_lt(len, GCTRACE_LINE_MAX - 1);
	ck_assert_int_eq(buf[len - 1], '\n');
	ck_assert_int_eq(buf[GCTRACE_LINE_MAX], '#');
}
END_TEST

static const struct {
	uint64_t gc_cpu_ns, elapsed_ns;
	unsigned nprocs, wanted;
} percent_cases[] = {
	{0, 0, 2, 0},
	{0, 1000, 2, 0},
	{320, 1000, 2, 16},
	{339, 1000, 2, 16},
	{2000, 1000, 2, 100},
	{UINT64_C(1) << 62, UINT64_C(1) << 62, 4, 25},
};

START_TEST(test_percent)
{
	ck_assert_uint_eq(
		gctrace_percent(percent_cases[_i].gc_cpu_ns,
			percent_cases[_i].elapsed_ns, percent_cases[_i].nprocs),
		percent_cases[_i].wanted);
}
END_TEST

static const struct gctrace_plan plan = {
	.work_per_byte = 0.5,
	.heap_scan = 700 * MIB,
	.heap_live = 800 * MIB,
	.goal = 1000 * MIB,
	.workers = {1, 0.0833333333},
};

static const struct pacer_outcome outcome = {
	.utilization = 0.279,
	.scan_expected = 111,
	.triggered = 222,
	.cons_mark = 0.125,
};

static const struct pacer_cycle ended = {
	.heap_live = 333,
	.scan = {1, 2, 3},
	.goal = 444,
};

/* Go prints the sign of the fraction as well. */
#define PLAN_LINE                                                              \
	"pacer: assist ratio=+5.000000e-001 (scan 700 MB in 800->1000 MB) "    \
	"workers=1++8.333333e-002\n"

#define OUTCOME_LINE                                                           \
	"pacer: 27% CPU (25 exp.) for 1+2+3 B work (111 B exp.) in 222 B -> "  \
	"333 B (∆goal -111, cons/mark +1.250000e-001)\n"

START_TEST(test_pacer_lines)
{
	char buf[GCTRACE_LINE_MAX];

	ck_assert_uint_eq(gctrace_format_plan(buf, &plan), strlen(PLAN_LINE));
	ck_assert_str_eq(buf, PLAN_LINE);
	ck_assert_uint_eq(gctrace_format_outcome(buf, &outcome, &ended),
		strlen(OUTCOME_LINE));
	ck_assert_str_eq(buf, OUTCOME_LINE);
}
END_TEST

/* Prints all three with the options of the bits in *arg. */
static void print_all(void *arg)
{
	options.gctrace = *(const int *)arg & 1;
	options.gcpacertrace = *(const int *)arg >> 1;
	gctrace_print_plan(&plan);
	gctrace_print_outcome(&outcome, &ended);
	gctrace_print_cycle(&cycle_cases[1].cycle);
}

/* What is printed for each setting of the two options. */
START_TEST(test_printed_where_asked_for)
{
	char said[2048], wanted[2048];
	const int status = unit_run_child(print_all, &_i, said, sizeof said);

	snprintf(wanted, sizeof wanted, "%s%s",
		_i & 2 ? PLAN_LINE OUTCOME_LINE : "",
		_i & 1 ? cycle_cases[1].wanted : "");
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(said, wanted);
}
END_TEST

static void gctrace_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_ms, ms_cases);
	UNIT_TABLE(tests, test_float, float_cases);
	UNIT_TABLE(tests, test_cycle, cycle_cases);
	UNIT_TEST(tests, test_longest_line);
	UNIT_TABLE(tests, test_percent, percent_cases);
	UNIT_TEST(tests, test_pacer_lines);
	tcase_add_loop_test(tests, test_printed_where_asked_for, 0, 4);
}
UNIT_MAIN("gctrace", gctrace_suite)
