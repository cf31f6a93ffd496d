/*
 * pacer_test: each of the pacer's rules alone, by figures worked out by hand.
 * pacer_program_test has them together.
 */
#include "gc/pacer.h"

#include "test/unit/unit.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

enum { NO_LIMIT = 0, OFF = -1 };

/* A pacer that has seen one cycle. */
static void pacer_after(struct pacer *p, int64_t gogc, uint64_t limit,
	uint64_t marked, struct pacer_scan scan)
{
	pacer_init(p, gogc, limit != NO_LIMIT ? (int64_t)limit : INT64_MAX);
	p->heap_marked = marked;
	p->last_scan = scan;
}

static const struct {
	const char *name;
	int64_t gogc;
	uint64_t marked;        /* bytes left by the last cycle */
	struct pacer_scan scan; /* that it scanned */
	uint64_t goal;
} percent_cases[] = {
	{"nothing_yet", 100, 0, {0, 0, 0}, 4 * MIB},
	{"least_goal_doubles_too", 200, 0, {0, 0, 0}, 8 * MIB},
	{"and_halves", 50, 0, {0, 0, 0}, 2 * MIB},
	{"one_per_cent_of_nothing", 1, 0, {0, 0, 0}, 4 * MIB / 100},
	{"ten_thousand", 10000, 0, {0, 0, 0}, 400 * MIB},
	{"double", 100, 100 * MIB, {90 * MIB, 0, 0}, 200 * MIB},
	{"half_more", 50, 100 * MIB, {90 * MIB, 0, 0}, 150 * MIB},
	{"one_per_cent", 1, 100 * MIB, {90 * MIB, 0, 0}, 101 * MIB},
	{"stacks_and_globals_count", 100, 100 * MIB,
		{90 * MIB, 10 * MIB, 20 * MIB}, 230 * MIB},
	{"in_part", 50, 100 * MIB, {90 * MIB, 10 * MIB, 20 * MIB}, 165 * MIB},
	{"least_goal_holds", 100, MIB, {MIB, 0, 0}, 4 * MIB},
	{"off", OFF, 100 * MIB, {MIB, 0, 0}, UINT64_MAX},
	{"great_percentage", INT32_MAX, 100 * GIB, {MIB, 0, 0},
		100 * GIB + GIB *INT32_MAX},
	{"no_wrap", INT32_MAX, UINT64_C(1) << 50, {MIB, 0, 0}, UINT64_MAX},
	{"no_wrap_of_the_sum", 100, UINT64_C(3) << 62, {MIB, 0, 0}, UINT64_MAX},
};

START_TEST(test_percent_goal)
{
	const struct pacer_memory any = {1, 2, 3};
	struct pacer p;

	pacer_after(&p, percent_cases[_i].gogc, NO_LIMIT,
		percent_cases[_i].marked, percent_cases[_i].scan);
	const struct pacer_goal g = pacer_goal(&p, &any);
	ck_assert_msg(g.goal == percent_cases[_i].goal, "%s: %llu",
		percent_cases[_i].name, (unsigned long long)g.goal);
	ck_assert_uint_le(g.trigger, g.goal);
	ck_assert_uint_ge(g.trigger, percent_cases[_i].marked);
}
END_TEST

/* Sizes in MiB, all but the goal. */
static const struct {
	const char *name;
	int64_t gogc;
	uint64_t limit, marked;
	uint64_t mapped, heap_free, heap_alloc;
	uint64_t goal; /* bytes */
} limit_cases[] = {
	/* 20 for others, 3 % of the 180 left for headroom. */
	{"three_per_cent_stay", OFF, 200, 50, 120, 30, 70,
		180 * MIB - 180 * MIB / 100 * 3},
	{"one_mib_at_least", OFF, 30, 1, 20, 2, 8, 19 * MIB},
	{"headroom_is_the_least_goal", OFF, 11, 0, 11, 0, 1, MIB},
	{"gogc_is_less", 100, 200, 50, 120, 30, 70, 100 * MIB},
	{"limit_is_less", 400, 200, 50, 120, 30, 70,
		180 * MIB - 180 * MIB / 100 * 3},
	/* 230 of 200 mapped: 30 too many are taken off as well. */
	{"overage", OFF, 200, 50, 230, 100, 110,
		150 * MIB - 150 * MIB / 100 * 3},
	{"live_is_the_least_goal", OFF, 200, 190, 230, 100, 110, 190 * MIB},
	{"others_take_it_all", OFF, 200, 50, 300, 10, 70, 50 * MIB},
	{"overage_takes_it_all", OFF, 200, 50, 400, 290, 110, 50 * MIB},
	{"others_and_overage_exactly", OFF, 200, 50, 290, 180, 0, 50 * MIB},
	{"limit_of_nothing", OFF, 0, 50, 300, 10, 70, 50 * MIB},
	{"counted_at_two_moments", OFF, 200, 50, 100, 60, 70,
		200 * MIB - 200 * MIB / 100 * 3},
};

START_TEST(test_limit_goal)
{
	const struct pacer_memory m = {limit_cases[_i].mapped * MIB,
		limit_cases[_i].heap_free * MIB,
		limit_cases[_i].heap_alloc * MIB};
	struct pacer p;

	pacer_after(&p, limit_cases[_i].gogc, NO_LIMIT,
		limit_cases[_i].marked * MIB, (struct pacer_scan){0});
	p.memory_limit = (int64_t)(limit_cases[_i].limit * MIB);
	const struct pacer_goal g = pacer_goal(&p, &m);
	ck_assert_msg(g.goal == limit_cases[_i].goal, "%s: %llu, not %llu",
		limit_cases[_i].name, (unsigned long long)g.goal,
		(unsigned long long)limit_cases[_i].goal);
	ck_assert_uint_le(g.trigger, g.goal);
}
END_TEST

/* All at GOGC=100 and 64 MiB marked, so that 64 MiB lie before the goal. */
static const struct {
	const char *name;
	double cons_mark;
	struct pacer_scan scan;
	uint64_t trigger;
} trigger_cases[] = {
	/* runway = cons_mark * 3 * scan */
	{"no_runway_is_late", 0, {64 * MIB, 0, 0}, 124 * MIB + 128 * KIB * 8},
	{"runway_fits", 0.05, {64 * MIB, 0, 0},
		128 * MIB - (uint64_t)(0.05 * 3 * 64 * (double)MIB)},
	{"all_that_was_scanned", 0.05, {32 * MIB, 16 * MIB, 16 * MIB}, 0},
	{"long_runway_is_early", 0.5, {64 * MIB, 0, 0}, 109 * MIB},
	{"longer_than_the_goal", 50, {64 * MIB, 0, 0}, 109 * MIB},
};

START_TEST(test_trigger)
{
	const struct pacer_memory m = {0};
	uint64_t wanted = trigger_cases[_i].trigger;
	struct pacer p;

	pacer_after(&p, 100, NO_LIMIT, 64 * MIB, trigger_cases[_i].scan);
	p.cons_mark = trigger_cases[_i].cons_mark;
	const struct pacer_goal g = pacer_goal(&p, &m);
	if (wanted == 0) /* roots raise the goal by their size as well */
		wanted = g.goal - (uint64_t)(0.05 * 3 * 64 * (double)MIB);
	ck_assert_msg(g.trigger == wanted, "%s: %llu, not %llu",
		trigger_cases[_i].name, (unsigned long long)g.trigger,
		(unsigned long long)wanted);
}
END_TEST

/* From 80 MiB before the goal on, 4 MiB are later than 95 %. */
START_TEST(test_trigger_is_at_most_4_mib_early)
{
	const struct pacer_memory m = {0};
	struct pacer p;

	pacer_after(&p, 100, NO_LIMIT, 640 * MIB, (struct pacer_scan){0});
	ck_assert_uint_eq(pacer_goal(&p, &m).trigger, 1276 * MIB);
	pacer_after(&p, 100, NO_LIMIT, 32 * MIB, (struct pacer_scan){0});
	ck_assert_uint_eq(
		pacer_goal(&p, &m).trigger, 32 * MIB + 32 * MIB / 64 * 61);
}
END_TEST

START_TEST(test_sweep_keeps_the_trigger_away)
{
	const struct pacer_memory m = {100 * MIB, 0, 100 * MIB};
	struct pacer p;

	pacer_after(&p, 100, NO_LIMIT, 4 * MIB, (struct pacer_scan){0});
	pacer_commit(&p, 20 * MIB, false);
	ck_assert_uint_eq(pacer_goal(&p, &m).goal, 21 * MIB);
	ck_assert_uint_eq(pacer_goal(&p, &m).trigger, 21 * MIB);

	/* It is no reason to pass the memory limit. */
	p.memory_limit = (int64_t)(10 * MIB);
	ck_assert_uint_eq(pacer_goal(&p, &m).goal, 4 * MIB);
	p.memory_limit = INT64_MAX;

	pacer_commit(&p, 20 * MIB, true);
	ck_assert_uint_eq(pacer_goal(&p, &m).goal, 8 * MIB);

	/* Below the goal only the trigger moves. */
	pacer_after(&p, 100, NO_LIMIT, 64 * MIB, (struct pacer_scan){0});
	p.cons_mark = 50;
	p.last_scan.heap = 64 * MIB;
	pacer_commit(&p, 119 * MIB, false);
	ck_assert_uint_eq(pacer_goal(&p, &m).goal, 128 * MIB);
	ck_assert_uint_eq(pacer_goal(&p, &m).trigger, 120 * MIB);
}
END_TEST

START_TEST(test_goal_of_a_running_cycle)
{
	const struct pacer_memory m = {0};
	const struct pacer_cycle c = {.heap_marked = 4 * MIB};
	struct pacer p;

	pacer_after(&p, 100, NO_LIMIT, 4 * MIB, (struct pacer_scan){0});
	pacer_start_cycle(&p, 30 * MIB);
	ck_assert_uint_eq(pacer_goal(&p, &m).goal, 30 * MIB + 64 * KIB);
	pacer_end_cycle(&p, &c);
	ck_assert_uint_eq(pacer_goal(&p, &m).goal, 8 * MIB);
}
END_TEST

static const struct {
	unsigned nprocs;
	struct pacer_workers wanted;
} worker_cases[] = {
	{1, {0, 0.25}},
	{2, {0, 0.25}},
	{3, {0, 0.25}},
	{4, {1, 0}},
	{5, {1, 0}},
	{6, {1, 0.5 / 6}},
	{7, {2, 0}},
	{8, {2, 0}},
	{9, {2, 0}},
	{10, {3, 0}},
	{16, {4, 0}},
	{64, {16, 0}},
	{1000, {250, 0}},
};

START_TEST(test_workers)
{
	const unsigned nprocs = worker_cases[_i].nprocs;
	const struct pacer_workers w = pacer_workers(nprocs, false);
	const struct pacer_workers all = pacer_workers(nprocs, true);

	ck_assert_uint_eq(w.dedicated, worker_cases[_i].wanted.dedicated);
	ck_assert_double_eq_tol(
		w.fractional, worker_cases[_i].wanted.fractional, 1e-12);
	ck_assert_uint_eq(all.dedicated, nprocs);
	ck_assert_double_eq(all.fractional, 0);
}
END_TEST

/* Marked 100, triggered at 150, 100 expected to be scanned; goal 200; MiB. */
static const struct {
	const char *name;
	int64_t gogc;
	uint64_t live, scanned, scan_max;
	double price; /* bytes to scan per byte to allocate */
} price_cases[] = {
	{"begins", 100, 150, 0, 150, 2},
	{"half_done_half_used", 100, 175, 50, 175, 2},
	{"late", 100, 190, 50, 190, 5},
	{"ahead", 100, 160, 80, 160, 0.5},
	/*
	 * More than expected: 160 at most, so the goal is 8/5 as far from
	 * the trigger, 230; 50 are left to scan, 60 to allocate.
	 */
	{"unexpected", 100, 170, 110, 160, 50.0 / 60},
	/* 1000 at most: 650, but GOGC allows 400. */
	{"hard_goal", 100, 170, 110, 1000, 890.0 / 230},
	{"hard_goal_follows_gogc", 50, 170, 110, 1000, 890.0 / 130},
	{"gogc_off_has_no_hard_goal", OFF, 170, 110, 1000, 890.0 / 480},
	/* Beyond the goal: to 1.1 of it, with all that is live to scan. */
	{"beyond", 100, 210, 90, 190, 100.0 / 10},
};

START_TEST(test_price)
{
	struct pacer p;
	const struct pacer_progress progress = {price_cases[_i].live * MIB,
		price_cases[_i].scanned * MIB, price_cases[_i].scan_max * MIB};

	pacer_after(&p, price_cases[_i].gogc, NO_LIMIT, 100 * MIB,
		(struct pacer_scan){60 * MIB, 30 * MIB, 10 * MIB});
	pacer_start_cycle(&p, 150 * MIB);
	const struct pacer_assist a = pacer_revise(&p, 200 * MIB, &progress);
	ck_assert_msg(a.work_per_byte > price_cases[_i].price * 0.9999 &&
			      a.work_per_byte < price_cases[_i].price * 1.0001,
		"%s: %f, not %f", price_cases[_i].name, a.work_per_byte,
		price_cases[_i].price);
	ck_assert_double_eq_tol(a.work_per_byte * a.bytes_per_work, 1, 1e-9);
}
END_TEST

/* Never free of charge, never without end. */
START_TEST(test_price_has_bounds)
{
	const struct pacer_progress done = {160 * MIB, 100 * MIB, 160 * MIB};
	const struct pacer_progress over = {900 * MIB, 0, 900 * MIB};
	const struct pacer_progress first = {5 * MIB, MIB, 5 * MIB};
	struct pacer p;

	pacer_after(&p, 100, NO_LIMIT, 100 * MIB,
		(struct pacer_scan){100 * MIB, 0, 0});
	pacer_start_cycle(&p, 150 * MIB);
	ck_assert_double_eq_tol(
		pacer_revise(&p, 200 * MIB, &done).work_per_byte,
		1000.0 / (40 * (double)MIB), 1e-12);
	ck_assert_double_eq_tol(
		pacer_revise(&p, 200 * MIB, &over).work_per_byte,
		900 * (double)MIB, 1e-3);

	/* A first cycle expected nothing: GOGC's goal of the goal is left. */
	pacer_init(&p, 100, INT64_MAX);
	pacer_start_cycle(&p, 3 * MIB);
	ck_assert_double_eq_tol(
		pacer_revise(&p, 4 * MIB, &first).work_per_byte, 4.0 / 3, 1e-9);
}
END_TEST

START_TEST(test_debt)
{
	const struct pacer_assist dear = {4, 0.25}, cheap = {0.5, 2};

	/* Paid as it is where that is worth the while, else in advance. */
	struct pacer_debt d = pacer_debt(&dear, 100000);
	ck_assert_int_eq(d.work, 400000);
	ck_assert_int_eq(d.bytes, 100000);
	d = pacer_debt(&cheap, 1000);
	ck_assert_int_eq(d.work, 64 << 10);
	ck_assert_int_eq(d.bytes, 128 << 10);
}
END_TEST

/* One cycle on 4 processors for a second, at the trigger of 150 MiB. */
static const struct {
	const char *name;
	uint64_t live, scanned; /* MiB at the end */
	uint64_t assist_ms, idle_ms;
	double utilization, cons_mark;
} cons_cases[] = {
	/* 50 MiB allocated in 3/4 of the time, 100 scanned in 1/4. */
	{"background_alone", 200, 100, 0, 0, 0.25, 50 * 0.25 / (100 * 0.75)},
	{"assists", 200, 100, 1000, 0, 0.5, 50 * 0.5 / (100 * 0.5)},
	{"idle_helps", 200, 100, 0, 1000, 0.25, 50 * 0.5 / (100 * 0.75)},
	{"no_growth", 150, 100, 0, 0, 0.25, 0.125},
	{"shrunk", 140, 100, 0, 0, 0.25, 0.125},
	{"nothing_scanned", 200, 0, 0, 0, 0.25, 0.125},
	{"more_assists_than_time", 200, 100, 4000, 0, 0.99,
		50 * 0.99 / (100 * 0.01)},
};

START_TEST(test_measurement)
{
	const struct pacer_cycle c = {
		.heap_live = cons_cases[_i].live * MIB,
		.heap_marked = 123,
		.scan = {cons_cases[_i].scanned * MIB / 2,
			cons_cases[_i].scanned * MIB / 4,
			cons_cases[_i].scanned * MIB / 4},
		.goal = 456,
		.duration_ns = 1000000000,
		.assist_ns = cons_cases[_i].assist_ms * 1000000,
		.idle_ns = cons_cases[_i].idle_ms * 1000000,
		.nprocs = 4,
	};
	struct pacer p;

	pacer_after(&p, 100, NO_LIMIT, 100 * MIB, (struct pacer_scan){1, 2, 3});
	p.cons_mark = 0.125;
	pacer_start_cycle(&p, 150 * MIB);
	const struct pacer_outcome o = pacer_end_cycle(&p, &c);
	ck_assert_double_eq_tol(
		o.utilization, cons_cases[_i].utilization, 1e-9);
	ck_assert_msg(p.cons_mark > cons_cases[_i].cons_mark - 1e-9 &&
			      p.cons_mark < cons_cases[_i].cons_mark + 1e-9,
		"%s: %f", cons_cases[_i].name, p.cons_mark);
	ck_assert_double_eq(o.cons_mark, 0.125);
	ck_assert_uint_eq(o.scan_expected, 6);
	ck_assert_uint_eq(o.triggered, 150 * MIB);
	ck_assert_uint_eq(p.heap_marked, 123);
	ck_assert_uint_eq(p.last_goal, 456);
	ck_assert_uint_eq(p.last_scan.heap, cons_cases[_i].scanned * MIB / 2);
	ck_assert_uint_eq(p.triggered, PACER_NO_CYCLE);
}
END_TEST

/* The greatest of a measurement and the four before it. */
START_TEST(test_memory_of_measurements)
{
	static const unsigned grown[] = {2, 8, 3, 1, 1, 1, 1, 1, 5};
	static const unsigned counts[] = {2, 8, 8, 8, 8, 8, 3, 1, 5};
	struct pacer p;

	pacer_init(&p, 100, INT64_MAX);
	for (size_t i = 0; i < UNIT_COUNT(grown); i++) {
		/* 3 / 4 of the time for the program: a third of it. */
		const struct pacer_cycle c = {
			.heap_live = (100 + 3 * grown[i]) * MIB,
			.scan = {.heap = MIB},
			.duration_ns = 1,
			.nprocs = 1,
		};
		pacer_start_cycle(&p, 100 * MIB);
		pacer_end_cycle(&p, &c);
		ck_assert_msg(
			p.cons_mark == counts[i], "%zu: %f", i, p.cons_mark);
	}
}
END_TEST

static const struct {
	uint64_t live, trigger, npages;
	double wanted; /* pages per byte */
} sweep_cases[] = {
	{100 * MIB, 111 * MIB, 1000, 1000.0 / (10 << 20)},
	{100 * MIB, 101 * MIB, 1000, 1000.0 / (8 << 10)},
	{100 * MIB, 50 * MIB, 1000, 1000.0 / (8 << 10)},
	{100 * MIB, 111 * MIB, 0, 0},
};

START_TEST(test_sweep_ratio)
{
	ck_assert_double_eq_tol(
		pacer_sweep_ratio(sweep_cases[_i].live, sweep_cases[_i].trigger,
			sweep_cases[_i].npages),
		sweep_cases[_i].wanted, 1e-12);
}
END_TEST

static void pacer_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_percent_goal, percent_cases);
	UNIT_TABLE(tests, test_limit_goal, limit_cases);
	UNIT_TABLE(tests, test_trigger, trigger_cases);
	UNIT_TEST(tests, test_trigger_is_at_most_4_mib_early);
	UNIT_TEST(tests, test_sweep_keeps_the_trigger_away);
	UNIT_TEST(tests, test_goal_of_a_running_cycle);
	UNIT_TABLE(tests, test_workers, worker_cases);
	UNIT_TABLE(tests, test_price, price_cases);
	UNIT_TEST(tests, test_price_has_bounds);
	UNIT_TEST(tests, test_debt);
	UNIT_TABLE(tests, test_measurement, cons_cases);
	UNIT_TEST(tests, test_memory_of_measurements);
	UNIT_TABLE(tests, test_sweep_ratio, sweep_cases);
}
UNIT_MAIN("pacer", pacer_suite)
