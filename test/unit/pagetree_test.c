/*
 * pagetree_test: the tree over drawn chunks, without bitmaps.
 *
 * A drawing has a character per chunk: '#' nothing free, '.' all free, '<'
 * 100 pages free at its start, '>' 100 at its end, 'o' 100 in its middle.
 * It is laid where chunks share a parent and where they do not, at any level.
 */
#include "core/pagetree.h"
#include "test/unit/reserved.h"
#include "test/unit/unit.h"

enum {
	SOME = 100,         /* pages */
	ROOT_CHUNKS = 4096, /* under one root entry */
	WINDOW_CHUNKS = 3 * ROOT_CHUNKS,
};

static struct lazytable tables;

static void test_init(struct pagetree *tree, size_t nchunks)
{
	const size_t size = 4 << 20;

	lazytable_init(&tables, reserved_storage(size), reserved_commit);
	pagetree_init(tree, nchunks, &tables);
	ck_assert_uint_le(lazytable_size(&tables), size);
}

static struct pagebits_runs test_runs(char c)
{
	switch (c) {
	case '.':
		return (struct pagebits_runs){
			CHUNK_PAGES, CHUNK_PAGES, CHUNK_PAGES};
	case '<': return (struct pagebits_runs){SOME, SOME, 0};
	case '>': return (struct pagebits_runs){0, SOME, SOME};
	case 'o': return (struct pagebits_runs){0, SOME, 0};
	default: return (struct pagebits_runs){0, 0, 0};
	}
}

static void test_draw(struct pagetree *tree, size_t at, const char *picture)
{
	const size_t last = at + strlen(picture) - 1;

	test_init(tree, WINDOW_CHUNKS);
	ck_assert(pagetree_commit(tree, at, last, &tables));
	for (size_t i = 0; picture[i] != '\0'; i++)
		pagetree_set_leaf(tree, at + i, test_runs(picture[i]));
	pagetree_update(tree, at, last);
	pagetree_verify(tree);
}

static const size_t places[] = {1, 6, 8, 62, 64 * 8 - 3, ROOT_CHUNKS - 4,
	ROOT_CHUNKS, 2 * ROOT_CHUNKS - 1};

/* first is in pages from the drawing's first chunk. */
static const struct {
	const char *name;
	const char *picture;
	size_t from; /* chunk that the search begins after, in the drawing */
	size_t run;  /* free pages at its end */
	size_t npages;
	enum pagetree_hit_kind kind;
	size_t first;
} search_cases[] = {
	{"inside_a_chunk", "##o#", 0, 0, SOME, HIT_CHUNK, 2 * CHUNK_PAGES},
	{"inside_is_too_short", "##o#", 0, 0, SOME + 1, HIT_NONE, 0},
	{"at_a_start", "##<#", 0, 0, SOME, HIT_RUN, 2 * CHUNK_PAGES},
	{"at_an_end", "##>#", 0, 0, SOME, HIT_CHUNK, 2 * CHUNK_PAGES},
	{"end_and_start", "#><#", 0, 0, 2 * SOME, HIT_RUN,
		2 * CHUNK_PAGES - SOME},
	{"end_and_start_too_short", "#><#", 0, 0, 2 * SOME + 1, HIT_NONE, 0},
	{"over_whole_chunks", "#>...<#", 0, 0, 2 * SOME + 3 * CHUNK_PAGES,
		HIT_RUN, 2 * CHUNK_PAGES - SOME},
	{"broken_run", "#..#..#", 0, 0, 3 * CHUNK_PAGES, HIT_NONE, 0},
	{"second_run", "#..#...#", 0, 0, 3 * CHUNK_PAGES, HIT_RUN,
		4 * CHUNK_PAGES},
	{"after_the_first", "o..#", 0, 0, SOME, HIT_RUN, CHUNK_PAGES},
	{"with_what_is_free_before", ">..#", 0, 30, 30 + 2 * CHUNK_PAGES,
		HIT_RUN, CHUNK_PAGES - 30},
	{"not_more_than_that", ">..#", 0, 30, 31 + 2 * CHUNK_PAGES, HIT_NONE,
		0},
	{"from_the_middle", "o#o#o", 2, 0, SOME, HIT_CHUNK, 4 * CHUNK_PAGES},
	{"from_the_last", "....", 3, 5, 6, HIT_NONE, 0},
};

START_TEST(test_search)
{
	for (size_t i = 0; i < UNIT_COUNT(places); i++) {
		const size_t at = places[i];
		struct pagetree tree;

		test_draw(&tree, at, search_cases[_i].picture);
		const struct pagetree_hit hit =
			pagetree_search_after(&tree, at + search_cases[_i].from,
				search_cases[_i].run, search_cases[_i].npages);
		ck_assert_msg(hit.kind == search_cases[_i].kind,
			"%s at %zu: kind %d", search_cases[_i].name, at,
			(int)hit.kind);
		if (hit.kind != HIT_NONE)
			ck_assert_uint_eq(hit.page - at * CHUNK_PAGES,
				search_cases[_i].first);
	}
}
END_TEST

/* A search may begin in a part of the window where nothing is ready. */
START_TEST(test_search_from_unknown_chunks)
{
	struct pagetree tree;

	test_draw(&tree, ROOT_CHUNKS + 70, "#o#");
	ck_assert(!pagetree_has_free(&tree, 0));
	ck_assert(!pagetree_has_free(&tree, WINDOW_CHUNKS - 1));
	ck_assert(!pagetree_has_free(&tree, ROOT_CHUNKS + 70));
	ck_assert(pagetree_has_free(&tree, ROOT_CHUNKS + 71));
	struct pagetree_hit hit = pagetree_search_after(&tree, 0, 0, SOME);
	ck_assert_int_eq(hit.kind, HIT_CHUNK);
	ck_assert_uint_eq(hit.page, (ROOT_CHUNKS + 71) * CHUNK_PAGES);
	hit = pagetree_search_after(&tree, WINDOW_CHUNKS - 1, 0, 1);
	ck_assert_int_eq(hit.kind, HIT_NONE);
}
END_TEST

static const size_t root_cases[] = {0, 40 * ROOT_CHUNKS - 1};

/* Entries of the root may lie in two granules; a search reads them all. */
START_TEST(test_root_is_ready_as_a_whole)
{
	const size_t nchunks = 40 * ROOT_CHUNKS;
	const size_t chunk = root_cases[_i];
	struct pagetree tree;

	test_init(&tree, 1);
	lazytable_carve(
		&tables, LAZY_GRANULE - tables.used - 2 * sizeof(uint64_t[8]));
	pagetree_init(&tree, nchunks, &tables);
	ck_assert(pagetree_commit(&tree, chunk, chunk, &tables));
	pagetree_set_leaf(&tree, chunk, test_runs('<'));
	pagetree_update(&tree, chunk, chunk);
	for (size_t i = 0; i < nchunks; i += ROOT_CHUNKS - 1)
		ck_assert(pagetree_has_free(&tree, i) == (i == chunk));
	pagetree_verify(&tree);
}
END_TEST

/* The one length that 21 bits cannot hold. */
START_TEST(test_wholly_free_root_entries)
{
	const size_t all = (size_t)WINDOW_CHUNKS * CHUNK_PAGES;
	struct pagetree tree;

	test_init(&tree, WINDOW_CHUNKS);
	ck_assert(pagetree_commit(&tree, 0, WINDOW_CHUNKS - 1, &tables));
	for (size_t i = 1; i < WINDOW_CHUNKS; i++)
		pagetree_set_leaf(&tree, i, test_runs('.'));
	pagetree_update(&tree, 0, WINDOW_CHUNKS - 1);
	pagetree_verify(&tree);
	struct pagetree_hit hit =
		pagetree_search_after(&tree, 0, 10, all - CHUNK_PAGES + 10);
	ck_assert_int_eq(hit.kind, HIT_RUN);
	ck_assert_uint_eq(hit.page, CHUNK_PAGES - 10);

	pagetree_set_leaf(&tree, WINDOW_CHUNKS - 1, test_runs('<'));
	pagetree_update(&tree, WINDOW_CHUNKS - 1, WINDOW_CHUNKS - 1);
	pagetree_verify(&tree);
	hit = pagetree_search_after(
		&tree, 0, 0, all - 2 * CHUNK_PAGES + SOME + 1);
	ck_assert_int_eq(hit.kind, HIT_NONE);
}
END_TEST

static void pagetree_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_search, search_cases);
	UNIT_TEST(tests, test_search_from_unknown_chunks);
	UNIT_TABLE(tests, test_root_is_ready_as_a_whole, root_cases);
	UNIT_TEST(tests, test_wholly_free_root_entries);
}
UNIT_MAIN("pagetree", pagetree_suite)
