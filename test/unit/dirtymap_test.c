/*
 * dirtymap_test: pieces are added, cut, taken out and found, against an array
 * of bytes that says the same.
 */
#include "core/os.h"
#include "gc/dirtymap.h"
#include "test/unit/unit.h"

enum {
	TEST_NPAGES = 256, /* of the model, over four pieces */
	TEST_NSTEPS = 4000,
};

static const uint64_t test_unit = DIRTYMAP_PIECE / 64;

static struct dirtymap map;
static char model[TEST_NPAGES]; /* 1: in the map */

static uintptr_t test_at(size_t i)
{
	return DIRTYMAP_PIECE * 7 + i * test_unit;
}

static void test_compare(void)
{
	dirtymap_verify(&map);
	for (size_t i = 0; i < TEST_NPAGES; i++) {
		const size_t index = dirtymap_find(&map, test_at(i));
		const bool in = index < map.npieces &&
				map.pieces[index].lo <= test_at(i);
		if (in != model[i]) /* an assertion each costs more */
			ck_abort_msg("page %zu: %d", i, in);
	}
}

static void test_remove(size_t from, size_t to)
{
	ck_assert(dirtymap_remove(&map, test_at(from), test_at(to)));
	memset(model + from, 0, to - from);
}

/* Within one piece. */
static void test_add(size_t from, size_t to)
{
	test_remove(from, to);
	ck_assert(dirtymap_add(&map, test_at(from), test_at(to), 0));
	memset(model + from, 1, to - from);
}

static void test_start(void)
{
	os_init();
	dirtymap_clear(&map);
	memset(model, 0, sizeof(model));
}

START_TEST(test_an_empty_map_has_nothing)
{
	test_start();
	test_compare();
	test_remove(3, 100);
	test_compare();
}
END_TEST

static const struct {
	const char *name;
	size_t from, to;
} cuts[] = {
	{"nothing before", 0, 10},
	{"the front", 5, 20},
	{"the middle", 20, 25},
	{"the back", 35, 45},
	{"all", 10, 40},
	{"more than all", 5, 45},
	{"nothing behind", 40, 45},
	{"across pieces", 30, 120},
	{"across all", 0, 199},
};

START_TEST(test_a_piece_is_cut)
{
	test_start();
	test_add(10, 40);
	test_add(50, 60);
	test_add(110, 128);
	map.pieces[0].lost = 1;
	test_compare();
	test_remove(cuts[_i].from, cuts[_i].to);
	test_compare();
	/* Both halves are as lost as the whole. */
	for (size_t i = 0; i < map.npieces; i++)
		ck_assert_uint_eq(
			map.pieces[i].lost, map.pieces[i].lo < test_at(45));
}
END_TEST

START_TEST(test_many_changes)
{
	uint64_t state = 1;

	test_start();
	for (int step = 0; step < TEST_NSTEPS; step++) {
		state = state * UINT64_C(6364136223846793005) + 1;
		const size_t from = (state >> 33) % (TEST_NPAGES - 1);
		const size_t length = 1 + (state >> 50) % 8;
		size_t to = from + length;
		if (to > TEST_NPAGES)
			to = TEST_NPAGES;
		if ((state >> 60) % 2 == 0) {
			test_remove(from, to);
		} else {
			const size_t end = (from / 64 + 1) * 64;
			test_add(from, to < end ? to : end);
		}
		test_compare();
	}
	ck_assert_uint_gt(map.npieces, 0);
}
END_TEST

/* More than a page of memory holds. */
START_TEST(test_a_map_grows)
{
	test_start();
	for (size_t i = 0; i < TEST_NSTEPS; i++)
		ck_assert(dirtymap_add(
			&map, (2 * i + 1) * 4096, (2 * i + 2) * 4096, 0));
	ck_assert_uint_eq(map.npieces, TEST_NSTEPS);
	dirtymap_verify(&map);
	for (size_t i = 0; i < TEST_NSTEPS; i++)
		ck_assert_uint_eq(dirtymap_find(&map, (2 * i + 1) * 4096), i);
}
END_TEST

static void test_add_across(void *unused)
{
	(void)unused;
	dirtymap_add(&map, DIRTYMAP_PIECE - 4096, DIRTYMAP_PIECE + 4096, 0);
}

static void test_add_twice(void *unused)
{
	(void)unused;
	dirtymap_add(&map, 4096, 3 * 4096, 0);
	dirtymap_add(&map, 2 * 4096, 4 * 4096, 0);
}

START_TEST(test_misuse_is_fatal)
{
	test_start();
	ck_assert_dies(test_add_across, NULL,
		"goalloc: dirtymap_add: check failed: lo < hi && "
		"lo / DIRTYMAP_PIECE == (hi - 1) / DIRTYMAP_PIECE");
	ck_assert_dies(test_add_twice, NULL,
		"goalloc: dirtymap_add: check failed: "
		"index == m->npieces || m->pieces[index].lo >= hi");
}
END_TEST

static void dirtymap_suite(TCase *tests)
{
	UNIT_TEST(tests, test_an_empty_map_has_nothing);
	UNIT_TABLE(tests, test_a_piece_is_cut, cuts);
	UNIT_TEST(tests, test_many_changes);
	UNIT_TEST(tests, test_a_map_grows);
	UNIT_TEST(tests, test_misuse_is_fatal);
}
UNIT_MAIN("dirtymap", dirtymap_suite)
