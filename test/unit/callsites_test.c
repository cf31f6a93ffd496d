/*
 * callsites_test: two small profiles, drawn as stacks, matched by name.
 *
 *	"main work leaf=100"    100 bytes in use, outermost caller first
 */
#include "cmd/callsites.h"

#include "test/unit/unit.h"

enum { MOST_FRAMES = 8, MOST_STACKS = 4, OBJECT = 10 };

/* One profile of such stacks; a NULL ends them. */
static struct heapprof *make_profile(const char *const *stacks)
{
	struct heapprof *p = heapprof_new();

	p->period = 1;
	for (; *stacks != NULL; stacks++) {
		char text[128];
		uint32_t frames[MOST_FRAMES];
		uint32_t stack[MOST_FRAMES];
		size_t n = 0;

		snprintf(text, sizeof text, "%s", *stacks);
		char *equals = strchr(text, '=');
		const int64_t bytes = atoll(equals + 1);
		*equals = '\0';
		for (char *word = strtok(text, " "); word != NULL;
			word = strtok(NULL, " "))
			frames[n++] = heapprof_location(p, 0, word);
		for (size_t i = 0; i < n; i++)
			stack[i] = frames[n - 1 - i];
		const int64_t values[HEAPPROF_NVALUES] = {
			2 * bytes / OBJECT, 2 * bytes, bytes / OBJECT, bytes};
		heapprof_add(p, stack, n, OBJECT, values);
	}
	return p;
}

static const struct ledger no_ledger;

static const struct callsite *find(
	const struct callsites *sites, const char *function)
{
	for (size_t i = 0; i < sites->n; i++)
		if (strcmp(sites->at[i].function, function) == 0)
			return &sites->at[i];
	ck_abort_msg("no site %s", function);
	return NULL;
}

START_TEST(test_compare)
{
	const char *const before[] = {
		"main work a=1000", "main work b=500", "main a=200", NULL};
	const char *const after[] = {"main work a=3000", "main c=100", NULL};
	struct callsites_side base = {
		.peak = make_profile(before), .ledger = &no_ledger};
	struct callsites_side other = {
		.peak = make_profile(after), .ledger = &no_ledger};
	struct callsites sites = callsites_compare(&base, &other);

	ck_assert_uint_eq(sites.n, 3);
	ck_assert_str_eq(sites.at[0].function, "a"); /* +1800 */
	ck_assert_str_eq(sites.at[1].function, "b"); /* -500 */
	const struct callsite *a = find(&sites, "a");
	ck_assert_double_eq(a->values[0][INUSE_SPACE], 1200);
	ck_assert_double_eq(a->values[1][INUSE_SPACE], 3000);
	ck_assert_double_eq(a->values[0][ALLOC_SPACE], 2400);
	ck_assert_double_eq(a->values[1][INUSE_OBJECTS], 300);
	ck_assert_double_eq(a->cumulative[0], 1200);
	ck_assert_double_eq(find(&sites, "c")->values[0][INUSE_SPACE], 0);
	ck_assert_double_eq(sites.total[0][INUSE_SPACE], 1700);
	ck_assert_double_eq(sites.total[1][INUSE_SPACE], 3100);
	ck_assert(a->is_distinct);
	callsites_free(&sites);
	heapprof_free(base.peak);
	heapprof_free(other.peak);
}
END_TEST

/* A function that calls itself counts once for its stack. */
START_TEST(test_recursion)
{
	const char *const stacks[] = {"main f f f=100", "main f g=50", NULL};
	struct callsites_side side = {
		.peak = make_profile(stacks), .ledger = &no_ledger};
	struct callsites sites = callsites_compare(&side, &side);

	ck_assert_double_eq(find(&sites, "f")->cumulative[0], 150);
	ck_assert_double_eq(find(&sites, "g")->cumulative[0], 50);
	ck_assert(!find(&sites, "f")->is_distinct);
	callsites_free(&sites);
	heapprof_free(side.peak);
}
END_TEST

/* A class's free bytes go to its sites by objects, in full. */
START_TEST(test_pinned)
{
	const char *const stacks[] = {"main a=750", "main b=250", NULL};
	const struct ledger ledger = {
		.nclasses = 2, .classes = {{8, 64}, {16, 1000}}};
	struct callsites_side side = {
		.peak = make_profile(stacks), .ledger = &ledger};
	struct callsites sites = callsites_compare(&side, &side);

	ck_assert_double_eq(find(&sites, "a")->pinned[1], 750);
	ck_assert_double_eq(find(&sites, "b")->pinned[1], 250);
	callsites_free(&sites);
	heapprof_free(side.peak);
}
END_TEST

START_TEST(test_distinct)
{
	/* 100 samples against 100, 110 and 150: three deviations are 47. */
	ck_assert(!callsites_is_distinct(100e3, 100e3, 1e3));
	ck_assert(!callsites_is_distinct(100e3, 110e3, 1e3));
	ck_assert(callsites_is_distinct(100e3, 150e3, 1e3));
	ck_assert(callsites_is_distinct(0, 10e3, 1e3));
	ck_assert(!callsites_is_distinct(0, 8e3, 1e3));
}
END_TEST

/* As wide as the greater side, leaf by leaf. */
START_TEST(test_flame)
{
	const char *const before[] = {"main a=100", "main b=50", NULL};
	const char *const after[] = {"main a=40", "main c=30", NULL};
	struct heapprof *base = make_profile(before);
	struct heapprof *other = make_profile(after);
	struct flame root = flame_build(base, other);

	ck_assert_uint_eq(root.nchildren, 1);
	const struct flame *at_main = &root.children[0];
	ck_assert_str_eq(at_main->function, "main");
	ck_assert_double_eq(at_main->values[0], 150);
	ck_assert_double_eq(at_main->values[1], 70);
	ck_assert_double_eq(root.width, 180);
	ck_assert_uint_eq(at_main->nchildren, 3);
	ck_assert_str_eq(at_main->children[0].function, "a");
	ck_assert_str_eq(at_main->children[2].function, "c");
	ck_assert_double_eq(at_main->children[2].width, 30);
	flame_free(&root);
	heapprof_free(base);
	heapprof_free(other);
}
END_TEST

static void add_tests(TCase *tests)
{
	UNIT_TEST(tests, test_compare);
	UNIT_TEST(tests, test_recursion);
	UNIT_TEST(tests, test_pinned);
	UNIT_TEST(tests, test_distinct);
	UNIT_TEST(tests, test_flame);
}

UNIT_MAIN("callsites", add_tests)
