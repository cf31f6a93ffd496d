/*
 * pages_test: drawn heaps, and the ends of the window.
 *
 * In a drawing each character is a page: '#' in use, '.' free and dirty, 's'
 * free and scavenged, '?' unknown.  It is laid at page `at` of the window, so
 * the same picture is tried inside a chunk and across the edge of a chunk, of
 * a leaf group and of a root entry.
 */
#include "core/pages.h"
#include "test/unit/reserved.h"
#include "test/unit/unit.h"

enum {
	ROOT_PAGES = 1 << 21,    /* covered by one root entry */
	WINDOW = 2 * ROOT_PAGES, /* pages; of the drawn heaps */
	SPARSE_STEPS = 64,
};

static void test_init(struct pages *p, size_t max_pages)
{
	pages_init(p, max_pages,
		reserved_storage(pages_storage_size(max_pages)),
		reserved_commit);
}

static void test_done(struct pages *p)
{
	pages_verify(p);
	munmap((void *)p->tables.base, pages_storage_size(p->max_pages));
}

/* Makes page `at` what the character says. */
static void test_draw_page(struct pages *p, size_t at, char c)
{
	size_t nscavenged;

	if (c == '?')
		return;
	ck_assert(pages_grow(p, at, 1));
	if (c == 's')
		return;
	ck_assert(pages_alloc_at(p, at, 1, &nscavenged));
	ck_assert_uint_eq(nscavenged, 1);
	if (c == '.')
		pages_free(p, at, 1);
}

static void test_draw(struct pages *p, size_t at, const char *picture)
{
	test_init(p, WINDOW);
	for (size_t i = 0; picture[i] != '\0'; i++)
		test_draw_page(p, at + i, picture[i]);
	pages_verify(p);
}

/* Whether the heap looks like the picture; '?' and '#' look the same. */
static void test_looks_like(
	struct pages *p, size_t at, const char *picture, const char *name)
{
	for (size_t i = 0; picture[i] != '\0'; i++) {
		const size_t page = at + i;
		const unsigned bit = page % CHUNK_PAGES;
		const struct pages_chunk *c = &p->chunks[page / CHUNK_PAGES];
		char got = '#';
		if (lazytable_is_ready(&p->tables, c)) {
			const bool is_free = pagebits_count(&c->free, bit, 1);
			const bool is_s = pagebits_count(&c->scavenged, bit, 1);
			got = is_s ? 's' : is_free ? '.' : '#';
		}
		const char wanted = picture[i] == '?' ? '#' : picture[i];
		ck_assert_msg(got == wanted, "%s at %zu: page %zu is %c", name,
			at, i, got);
	}
}

/* Multiples of 8, so that alignment means the same in the drawing. */
static const size_t places[] = {0, 8, 56, CHUNK_PAGES - 8, CHUNK_PAGES * 3,
	CHUNK_PAGES * 8 - 8, CHUNK_PAGES * 64 - 16, ROOT_PAGES - 8,
	ROOT_PAGES + 24};

static const struct {
	const char *name;
	const char *before;
	size_t npages;
	size_t align;
	int first; /* -1: none */
	size_t nscavenged;
	const char *after;
} alloc_cases[] = {
	{"first_fit", "#.#..#...", 2, 1, 3, 0, "#.####..."},
	{"lowest", "#.#..#...", 1, 1, 1, 0, "###..#..."},
	{"none", "#.#..#...", 4, 1, -1, 0, "#.#..#..."},
	{"split_in_two", "..#..#..", 3, 1, -1, 0, "..#..#.."},
	{"all_scavenged", "#ss#", 2, 1, 1, 2, "####"},
	{"mixed", "#s.s#", 3, 1, 1, 2, "#####"},
	{"part_of_a_run", "#s.s#", 2, 1, 1, 1, "###s#"},
	{"hole_is_no_page", "..?..", 3, 1, -1, 0, "..?.."},
	{"after_a_hole", "#.?...", 2, 1, 3, 0, "#.?##."},
	{"aligned", "#........", 2, 4, 4, 0, "#...##..."},
	{"aligned_first", "........", 2, 4, 0, 0, "##......"},
	{"aligned_short_run", "#...#...", 3, 4, -1, 0, "#...#..."},
	{"aligned_later_run", "#......#....", 4, 4, 8, 0, "#......#####"},
	{"aligned_exact_end", "#.......", 4, 4, 4, 0, "#...####"},
	{"aligned_between", "#.#.#.#.", 1, 2, -1, 0, "#.#.#.#."},
	{"nothing_free", "####", 1, 1, -1, 0, "####"},
	{"across_edges", "####................#", 16, 1, 4, 0,
		"#####################"},
};

START_TEST(test_alloc)
{
	for (size_t i = 0; i < UNIT_COUNT(places); i++) {
		const size_t at = places[i];
		struct pages p;
		size_t nscavenged = 0;

		test_draw(&p, at, alloc_cases[_i].before);
		const size_t got = pages_alloc(&p, alloc_cases[_i].npages,
			alloc_cases[_i].align, &nscavenged);
		const size_t wanted = alloc_cases[_i].first < 0
					      ? PAGES_NONE
					      : at + alloc_cases[_i].first;
		ck_assert_msg(got == wanted, "%s at %zu: %zu, not %zu",
			alloc_cases[_i].name, at, got, wanted);
		ck_assert_uint_eq(nscavenged, alloc_cases[_i].nscavenged);
		test_looks_like(
			&p, at, alloc_cases[_i].after, alloc_cases[_i].name);
		test_done(&p);
	}
}
END_TEST

static const struct {
	const char *name;
	const char *before;
	size_t first;
	size_t npages;
	bool ok;
	size_t nscavenged;
	const char *after;
} at_cases[] = {
	{"grows", "##..#", 2, 2, true, 0, "#####"},
	{"grows_into_scavenged", "##.s.#", 2, 3, true, 1, "######"},
	{"end_in_use", "##..#", 2, 3, false, 0, "##..#"},
	{"start_in_use", "##..#", 1, 2, false, 0, "##..#"},
	{"unknown", "##..?", 2, 3, false, 0, "##..?"},
	{"middle_of_a_run", "........", 3, 2, true, 0, "...##..."},
};

START_TEST(test_alloc_at)
{
	for (size_t i = 0; i < UNIT_COUNT(places); i++) {
		const size_t at = places[i];
		struct pages p;
		size_t nscavenged = 0;

		test_draw(&p, at, at_cases[_i].before);
		const bool ok = pages_alloc_at(&p, at + at_cases[_i].first,
			at_cases[_i].npages, &nscavenged);
		ck_assert_msg(ok == at_cases[_i].ok, "%s at %zu",
			at_cases[_i].name, at);
		ck_assert_uint_eq(nscavenged, at_cases[_i].nscavenged);
		test_looks_like(&p, at, at_cases[_i].after, at_cases[_i].name);
		test_done(&p);
	}
}
END_TEST

START_TEST(test_alloc_at_outside_the_window)
{
	struct pages p;
	size_t nscavenged;

	test_draw(&p, 0, "....");
	ck_assert(!pages_alloc_at(&p, WINDOW - 1, 2, &nscavenged));
	ck_assert(!pages_alloc_at(&p, WINDOW, 1, &nscavenged));
	ck_assert(!pages_alloc_at(&p, SIZE_MAX, 2, &nscavenged));
	ck_assert(!pages_alloc_at(&p, 2, SIZE_MAX, &nscavenged));
	ck_assert(!pages_alloc_at(&p, WINDOW / 2, 1, &nscavenged));
	test_done(&p);
}
END_TEST

static const struct {
	const char *name;
	const char *before;
	size_t max_npages;
	size_t first;
	size_t npages; /* 0: none */
	const char *taken;
	const char *after;
} dirty_cases[] = {
	{"highest_run", "..#...#ss", 16, 3, 3, "..#####ss", "..#sss#ss"},
	{"cut_to_max", "#.....#", 2, 4, 2, "#...###", "#...ss#"},
	{"beside_scavenged", "#s.s#", 16, 2, 1, "#s#s#", "#sss#"},
	{"none", "#ss#", 16, 0, 0, "#ss#", "#ss#"},
	{"whole_run", "................", 16, 0, 16, "################",
		"ssssssssssssssss"},
	{"stops_at_a_hole", "..?..", 16, 3, 2, "..?##", "..?ss"},
};

START_TEST(test_take_dirty)
{
	for (size_t i = 0; i < UNIT_COUNT(places); i++) {
		const size_t at = places[i];
		const char *name = dirty_cases[_i].name;
		struct pages p;

		/* An edge of 2 MiB inside the run would move the cut. */
		if (strcmp(name, "cut_to_max") == 0 && at % 256 > 250)
			continue;
		test_draw(&p, at, dirty_cases[_i].before);
		const struct page_run run =
			pages_take_dirty(&p, dirty_cases[_i].max_npages);
		ck_assert_uint_eq(run.npages, dirty_cases[_i].npages);
		test_looks_like(&p, at, dirty_cases[_i].taken, name);
		pages_verify(&p);
		if (run.npages != 0) {
			ck_assert_uint_eq(
				run.first, at + dirty_cases[_i].first);
			pages_put_scavenged(&p, run);
		}
		test_looks_like(&p, at, dirty_cases[_i].after, name);
		test_done(&p);
	}
}
END_TEST

/* Makes [first, first + npages) dirty. */
static void test_make_dirty(struct pages *p, size_t first, size_t npages)
{
	size_t nscavenged;

	ck_assert(pages_grow(p, first, npages));
	ck_assert(pages_alloc_at(p, first, npages, &nscavenged));
	pages_free(p, first, npages);
}

START_TEST(test_dirty_cut_keeps_huge_blocks_whole)
{
	struct pages p;

	test_init(&p, WINDOW);
	test_make_dirty(&p, 100, 900); /* blocks end at 256, 512, 768 */
	struct page_run run = pages_take_dirty(&p, 400);
	ck_assert_uint_eq(run.first, 768);
	ck_assert_uint_eq(run.npages, 232);
	pages_put_scavenged(&p, run);
	run = pages_take_dirty(&p, 400);
	ck_assert_uint_eq(run.first, 512);
	ck_assert_uint_eq(run.npages, 256);
	pages_put_scavenged(&p, run);

	/* No edge within reach: cut where max_npages says. */
	run = pages_take_dirty(&p, 64);
	ck_assert_uint_eq(run.first, 512 - 64);
	pages_put_scavenged(&p, run);

	/* A run that is not cut is taken whole, wherever it begins. */
	run = pages_take_dirty(&p, 512 - 64 - 100);
	ck_assert_uint_eq(run.first, 100);
	pages_put_scavenged(&p, run);
	ck_assert_uint_eq(pages_take_dirty(&p, 1).npages, 0);
	test_done(&p);
}
END_TEST

START_TEST(test_dirty_run_over_many_chunks)
{
	struct pages p;

	test_init(&p, WINDOW);
	test_make_dirty(&p, 700, 20 * CHUNK_PAGES);
	const struct page_run run = pages_take_dirty(&p, WINDOW);
	ck_assert_uint_eq(run.first, 700);
	ck_assert_uint_eq(run.npages, 20 * CHUNK_PAGES);
	ck_assert_uint_eq(p.npages_free, 0);
	ck_assert_uint_eq(p.first_free, PAGES_NONE);
	pages_put_scavenged(&p, run);
	ck_assert_uint_eq(p.npages_dirty, 0);
	test_done(&p);
}
END_TEST

/* A run of two root entries and a half: every level has to join. */
START_TEST(test_run_over_root_entries)
{
	const size_t npages = 5 * (ROOT_PAGES / 2);
	struct pages p;
	size_t nscavenged;

	test_init(&p, 4 * ROOT_PAGES);
	ck_assert(pages_grow(&p, ROOT_PAGES - 777, npages));
	ck_assert_uint_eq(
		pages_alloc(&p, npages + 1, 1, &nscavenged), PAGES_NONE);
	ck_assert_uint_eq(pages_alloc(&p, ROOT_PAGES, ROOT_PAGES, &nscavenged),
		ROOT_PAGES);
	pages_free(&p, ROOT_PAGES, ROOT_PAGES);
	ck_assert_uint_eq(
		pages_alloc(&p, npages, 1, &nscavenged), ROOT_PAGES - 777);
	ck_assert_uint_eq(nscavenged, npages - ROOT_PAGES);
	pages_free(&p, ROOT_PAGES - 777, npages);
	test_done(&p);
}
END_TEST

START_TEST(test_growth_joins_what_is_free)
{
	struct pages p;
	size_t nscavenged;

	test_init(&p, WINDOW);
	ck_assert(pages_grow(&p, 1000, 30));
	ck_assert(pages_grow(&p, 2000, 30));
	ck_assert_uint_eq(pages_alloc(&p, 31, 1, &nscavenged), PAGES_NONE);
	ck_assert(pages_grow(&p, 1030, 970));
	ck_assert_uint_eq(p.npages_known, 1030);
	ck_assert_uint_eq(pages_alloc(&p, 1030, 1, &nscavenged), 1000);
	ck_assert_uint_eq(nscavenged, 1030);
	test_done(&p);
}
END_TEST

START_TEST(test_window_of_one_page)
{
	struct pages p;
	size_t nscavenged;

	test_init(&p, 1);
	ck_assert_uint_eq(pages_storage_size(1), LAZY_GRANULE);
	ck_assert_uint_eq(pages_alloc(&p, 1, 1, &nscavenged), PAGES_NONE);
	ck_assert(pages_grow(&p, 0, 1));
	ck_assert_uint_eq(pages_alloc(&p, 1, 1, &nscavenged), 0);
	ck_assert_uint_eq(pages_alloc(&p, 1, 1, &nscavenged), PAGES_NONE);
	pages_free(&p, 0, 1);
	ck_assert_uint_eq(pages_alloc(&p, 1, 8, &nscavenged), 0);
	test_done(&p);
}
END_TEST

START_TEST(test_no_memory_for_tables_changes_nothing)
{
	struct pages p;
	size_t nscavenged;

	test_init(&p, PAGES_MAX);
	for (size_t limit = 0; limit < 8; limit++) {
		reserved_limit = limit * LAZY_GRANULE;
		if (pages_grow(&p, PAGES_MAX - 20000, 20000))
			break;
		ck_assert_uint_eq(p.npages_known, 0);
		ck_assert_uint_eq(
			pages_alloc(&p, 1, 1, &nscavenged), PAGES_NONE);
		pages_verify(&p);
	}
	ck_assert_uint_eq(p.npages_free, 20000);
	ck_assert_uint_gt(reserved_limit, 0);
	ck_assert_uint_eq(
		pages_alloc(&p, 20000, 1, &nscavenged), PAGES_MAX - 20000);
	test_done(&p);
}
END_TEST

static size_t test_resident(const struct pages *p)
{
	static unsigned char vec[1 << 20];
	const size_t size = pages_storage_size(p->max_pages);
	size_t n = 0;

	ck_assert_uint_le(size / 4096, sizeof(vec));
	ck_assert_int_eq(mincore((void *)p->tables.base, size, vec), 0);
	for (size_t i = 0; i < size / 4096; i++)
		n += vec[i] & 1;
	return n * 4096;
}

/* 1 TiB, 8 MiB in use every 16 GiB: storage as for what is in use. */
START_TEST(test_sparse_growth_touches_little)
{
	const size_t max_pages = (size_t)1 << 27;
	const size_t step = max_pages / SPARSE_STEPS;
	struct pages p;
	size_t nscavenged;

	test_init(&p, max_pages);
	for (size_t i = 0; i < SPARSE_STEPS; i++)
		ck_assert(pages_grow(&p, i * step + i, 2 * CHUNK_PAGES));
	for (size_t i = 0; i < SPARSE_STEPS; i++)
		ck_assert_uint_eq(
			pages_alloc(&p, 2 * CHUNK_PAGES, 1, &nscavenged),
			i * step + i);
	/* Per place a page of bitmaps, of leaves and of the level above. */
	ck_assert_uint_le(test_resident(&p), (SPARSE_STEPS * 3 + 64) * 4096);
	ck_assert_uint_le(reserved_ncommitted, SPARSE_STEPS * 2 * LAZY_GRANULE);
	test_done(&p);
}
END_TEST

static void test_free_twice(void *arg)
{
	pages_free(arg, 6, 2);
}

static void test_free_unknown(void *arg)
{
	pages_free(arg, WINDOW / 2, 1);
}

static void test_free_outside(void *arg)
{
	pages_free(arg, WINDOW, 1);
}

static void test_grow_free(void *arg)
{
	pages_grow(arg, 0, 1);
}

static void test_verify_wrong_leaf(void *arg)
{
	struct pages *p = arg;

	p->tree.level[PAGETREE_LEAF][0] = 0;
	pages_verify(p);
}

static void test_verify_wrong_counter(void *arg)
{
	struct pages *p = arg;

	p->npages_dirty--;
	pages_verify(p);
}

static void test_verify_wrong_parent(void *arg)
{
	struct pages *p = arg;

	p->tree.level[1][0] = 0;
	pages_verify(p);
}

START_TEST(test_misuse_dies)
{
	struct pages p;

	test_draw(&p, 0, "........");
	ck_assert_dies(
		test_free_twice, &p, "goalloc: pages: 6 + 2: free already");
	ck_assert_dies(test_free_unknown, &p,
		"goalloc: pages_put: check failed: "
		"lazytable_is_ready(&p->tables, c)");
	ck_assert_dies(test_free_outside, &p,
		"goalloc: pages_free: check failed: "
		"pages_in_window(p, first, npages)");
	ck_assert_dies(
		test_grow_free, &p, "goalloc: pages: 0 + 1: free already");
	test_done(&p);
}
END_TEST

START_TEST(test_verify_finds_corruption)
{
	struct pages p;

	test_draw(&p, 0, "........");
	ck_assert_dies(test_verify_wrong_leaf, &p,
		"goalloc: pages_verify_chunk: check failed: "
		"leaf.start == runs.start");
	ck_assert_dies(test_verify_wrong_counter, &p,
		"goalloc: pages_verify: check failed: "
		"sums.ndirty == p->npages_dirty");
	ck_assert_dies(test_verify_wrong_parent, &p,
		"goalloc: pagetree: level 0 entry 0 is 0x1000008, "
		"not 0x0");
	test_done(&p);
}
END_TEST

static void pages_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_alloc, alloc_cases);
	UNIT_TABLE(tests, test_alloc_at, at_cases);
	UNIT_TEST(tests, test_alloc_at_outside_the_window);
	UNIT_TABLE(tests, test_take_dirty, dirty_cases);
	UNIT_TEST(tests, test_dirty_cut_keeps_huge_blocks_whole);
	UNIT_TEST(tests, test_dirty_run_over_many_chunks);
	UNIT_TEST(tests, test_run_over_root_entries);
	UNIT_TEST(tests, test_growth_joins_what_is_free);
	UNIT_TEST(tests, test_window_of_one_page);
	UNIT_TEST(tests, test_no_memory_for_tables_changes_nothing);
	UNIT_TEST(tests, test_sparse_growth_touches_little);
	UNIT_TEST(tests, test_misuse_dies);
	UNIT_TEST(tests, test_verify_finds_corruption);
}
UNIT_MAIN("pages", pages_suite)
