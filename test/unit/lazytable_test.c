/*
 * lazytable_test: what is committed, when, and how often.
 *
 * The commit callback only counts: the module must never touch the tables.
 */
#include "core/lazytable.h"
#include "test/unit/unit.h"

enum { GRANULES = 8 };

/* An address that nothing is mapped at. */
#define BASE ((char *)((uintptr_t)1 << 44))

static unsigned ncommits[GRANULES]; /* times that a granule was asked for */
static unsigned ncalls;
static bool has_memory = true;

static bool test_commit(void *addr, size_t size)
{
	const size_t offset = (size_t)((char *)addr - BASE);

	ck_assert_uint_eq(offset % LAZY_GRANULE, 0);
	ck_assert_uint_eq(size % LAZY_GRANULE, 0);
	ncalls++;
	if (!has_memory)
		return false;
	for (size_t i = 0; i < size / LAZY_GRANULE; i++)
		ncommits[offset / LAZY_GRANULE + i]++;
	return true;
}

static void test_init(struct lazytable *t)
{
	memset(ncommits, 0, sizeof(ncommits));
	ncalls = 0;
	has_memory = true;
	lazytable_init(t, BASE, test_commit);
}

/* Before and after are granules: '#' ready, '.' not. */
static const struct {
	const char *name;
	const char *before;
	size_t offset;
	size_t size;
	const char *after;
	unsigned ncalls; /* runs of granules asked for */
} commit_cases[] = {
	{"one_byte", "........", 0, 1, "#.......", 1},
	{"last_byte_of_a_granule", "........", LAZY_GRANULE - 1, 1, "#.......",
		1},
	{"across_an_edge", "........", LAZY_GRANULE - 1, 2, "##......", 1},
	{"ready_already", "..##....", 2 * LAZY_GRANULE, 2 * LAZY_GRANULE,
		"..##....", 0},
	{"fills_gaps", "#.#..#..", 0, 7 * LAZY_GRANULE, "#######.", 3},
	{"all", "........", 0, GRANULES *LAZY_GRANULE, "########", 1},
};

START_TEST(test_commits_what_is_missing)
{
	const char *before = commit_cases[_i].before;
	const char *after = commit_cases[_i].after;
	struct lazytable t;

	test_init(&t);
	char *p = lazytable_carve(&t, GRANULES * LAZY_GRANULE);
	for (size_t i = 0; i < GRANULES; i++) {
		if (before[i] == '#')
			ck_assert(
				lazytable_commit(&t, p + i * LAZY_GRANULE, 1));
	}
	ncalls = 0;
	ck_assert(lazytable_commit(
		&t, p + commit_cases[_i].offset, commit_cases[_i].size));
	ck_assert_uint_eq(ncalls, commit_cases[_i].ncalls);
	for (size_t i = 0; i < GRANULES; i++) {
		ck_assert_uint_eq(ncommits[i], after[i] == '#');
		ck_assert(lazytable_is_ready(&t, p + i * LAZY_GRANULE) ==
			  (after[i] == '#'));
	}
}
END_TEST

START_TEST(test_no_memory_leaves_it_not_ready)
{
	struct lazytable t;

	test_init(&t);
	char *p = lazytable_carve(&t, GRANULES * LAZY_GRANULE);
	has_memory = false;
	ck_assert(!lazytable_commit(&t, p, 1));
	ck_assert(!lazytable_is_ready(&t, p));
	has_memory = true;
	ck_assert(lazytable_commit(&t, p, 1));
	ck_assert(lazytable_is_ready(&t, p));
}
END_TEST

START_TEST(test_tables_follow_each_other)
{
	struct lazytable t;

	test_init(&t);
	ck_assert_ptr_eq(lazytable_carve(&t, 1), BASE);
	ck_assert_ptr_eq(lazytable_carve(&t, 128), BASE + 128);
	ck_assert_ptr_eq(lazytable_carve(&t, 129), BASE + 256);
	ck_assert_ptr_eq(lazytable_carve(&t, 8), BASE + 512);
	ck_assert_uint_eq(lazytable_size(&t), LAZY_GRANULE);
	lazytable_carve(&t, LAZY_GRANULE);
	ck_assert_uint_eq(lazytable_size(&t), 2 * LAZY_GRANULE);
}
END_TEST

static void test_commit_outside(void *arg)
{
	lazytable_commit(arg, BASE + 128, 1);
}

START_TEST(test_outside_the_tables_dies)
{
	struct lazytable t;

	test_init(&t);
	lazytable_carve(&t, 128);
	ck_assert_dies(test_commit_outside, &t,
		"goalloc: lazytable_commit: check failed: "
		"size > 0 && offset + size <= t->used");
}
END_TEST

static void lazytable_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_commits_what_is_missing, commit_cases);
	UNIT_TEST(tests, test_no_memory_leaves_it_not_ready);
	UNIT_TEST(tests, test_tables_follow_each_other);
	UNIT_TEST(tests, test_outside_the_tables_dies);
}
UNIT_MAIN("lazytable", lazytable_suite)
