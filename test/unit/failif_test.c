/*
 * failif_test: what --fail-if understands, what it refuses and where, and
 * when a condition holds.
 */
#include "cmd/failif.h"

#include <math.h>

#include "test/unit/unit.h"

static const struct {
	const char *text;
	enum metric metric;
	enum failif_relation relation;
	enum failif_limit kind;
	double limit;
} good[] = {
	{"rss>+5%", METRIC_rss, FAILIF_ABOVE, FAILIF_RELATIVE, 0.05},
	{" rss >= -5 % ", METRIC_rss, FAILIF_AT_LEAST, FAILIF_RELATIVE, -0.05},
	{"wall>1.1x", METRIC_wall, FAILIF_ABOVE, FAILIF_RELATIVE, 0.1},
	{"wall>+0.5s", METRIC_wall, FAILIF_ABOVE, FAILIF_DIFFERENCE, 0.5},
	{"wall>250ms", METRIC_wall, FAILIF_ABOVE, FAILIF_ABSOLUTE, 0.25},
	{"rss<=200MiB", METRIC_rss, FAILIF_AT_MOST, FAILIF_ABSOLUTE,
		200 * 0x1p20},
	{"rss>+1KiB", METRIC_rss, FAILIF_ABOVE, FAILIF_DIFFERENCE, 1024},
	{"minflt<1000", METRIC_minflt, FAILIF_BELOW, FAILIF_ABSOLUTE, 1000},
	{"gc_share>25%", METRIC_gc_share, FAILIF_ABOVE, FAILIF_ABSOLUTE, 0.25},
};

START_TEST(test_good)
{
	struct failif f;
	const char *at;
	const char *why = NULL;

	ck_assert_msg(failif_parse(&f, good[_i].text, &at, &why), "%s: %s",
		good[_i].text, why);
	ck_assert_int_eq(f.ntests, 1);
	ck_assert_int_eq(f.tests[0].metric, good[_i].metric);
	ck_assert_int_eq(f.tests[0].relation, good[_i].relation);
	ck_assert_int_eq(f.tests[0].kind, good[_i].kind);
	ck_assert_double_eq_tol(f.tests[0].limit, good[_i].limit, 1e-12);
}
END_TEST

static const struct {
	const char *text;
	size_t at; /* where the message points */
} bad[] = {
	{"", 0},
	{"memory>5%", 0},
	{"rss", 3},
	{"rss=5%", 3},
	{"rss>", 4},
	{"rss>five", 4},
	{"rss>5%", 6},
	{"rss>5", 5},
	{"rss>5s", 5},
	{"wall>5MiB", 6},
	{"rss>+5% wall>1s", 8},
	{"rss>+5% and", 11},
	{"rss>+5% or or", 11},
	{"rss>inf%", 4},
};

START_TEST(test_bad)
{
	struct failif f;
	const char *at;
	const char *why;

	ck_assert_msg(!failif_parse(&f, bad[_i].text, &at, &why), "\"%s\"",
		bad[_i].text);
	ck_assert_msg(at == bad[_i].text + bad[_i].at, "\"%s\": at %d: %s",
		bad[_i].text, (int)(at - bad[_i].text), why);
}
END_TEST

/* rss 100 MiB, 10 % more; wall 2 s, 20 % more but perhaps by chance. */
static void make_figures(struct failif_figure figures[NMETRICS])
{
	for (int i = 0; i < NMETRICS; i++)
		figures[i].value = NAN;
	figures[METRIC_rss] = (struct failif_figure){.value = 100 * 0x1p20,
		.difference = 10 * 0x1p20,
		.relative = 0.1,
		.is_distinct = true};
	figures[METRIC_wall] = (struct failif_figure){
		.value = 2, .difference = 0.4, .relative = 0.2};
	figures[METRIC_live] = (struct failif_figure){
		.value = 5, .relative = 0.3, .is_single = true};
}

static const struct {
	const char *text;
	bool holds;
} conditions[] = {
	{"rss>+5%", true},
	{"rss>+15%", false},
	{"rss>1.05x", true},
	{"rss<-5%", false},
	{"rss<+15%", true},
	{"rss>+5MiB", true},
	{"rss>+20MiB", false},
	{"rss>99MiB", true},
	{"rss>=100MiB", true},
	{"rss>100MiB", false},
	/* Chance: believed only where no difference would fail as well. */
	{"wall>+5%", false},
	{"wall>-5%", true},
	{"wall>1s", true},
	/* One run: taken as it is. */
	{"live>+5%", true},
	/* Not known: meets nothing. */
	{"sys>0s", false},
	{"sys<100s", false},
	{"rss>+5% and wall>1s", true},
	{"rss>+5% and wall>3s", false},
	{"rss>+50% or wall>1s", true},
	{"rss>+50% and wall>1s or rss>+5%", true},
	{"rss>+5% or rss>+50% and wall>3s", true},
	{"rss>+50% or rss>+5% and wall>3s", false},
};

START_TEST(test_holds)
{
	struct failif_figure figures[NMETRICS] = {0};
	struct failif f;
	const char *at;
	const char *why;

	make_figures(figures);
	ck_assert(failif_parse(&f, conditions[_i].text, &at, &why));
	ck_assert_msg(failif_holds(&f, figures) == conditions[_i].holds, "%s",
		conditions[_i].text);
}
END_TEST

START_TEST(test_too_many)
{
	char text[FAILIF_MAX * 16] = "rss>+5%";
	struct failif f;
	const char *at;
	const char *why;

	for (int i = 1; i < FAILIF_MAX; i++)
		strcat(text, " or rss>+5%");
	ck_assert(failif_parse(&f, text, &at, &why));
	strcat(text, " or rss>+5%");
	ck_assert(!failif_parse(&f, text, &at, &why));
}
END_TEST

static void add_tests(TCase *tests)
{
	UNIT_TABLE(tests, test_good, good);
	UNIT_TABLE(tests, test_bad, bad);
	UNIT_TABLE(tests, test_holds, conditions);
	UNIT_TEST(tests, test_too_many);
}

UNIT_MAIN("failif", add_tests)
