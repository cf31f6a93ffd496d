/*
 * pagebits_test: drawn cases, then random sets against a loop over single
 * pages.
 *
 * In a drawing each character is a page: '.' a member (a free page, to the
 * page allocator), '#' not.  A drawing is laid at page `at` of a chunk whose
 * other pages are no members, so the same picture is tried inside a word,
 * across the edge of one and at the chunk's end.
 */
#include "core/pagebits.h"
#include "test/unit/unit.h"

enum {
	RANDOM_ROUNDS = 4000,
	NDENSITIES = 5,
};

static struct pagebits test_draw(const char *picture, unsigned at)
{
	struct pagebits b = {{0}};

	for (unsigned i = 0; picture[i] != '\0'; i++) {
		if (picture[i] == '.')
			b.word[(at + i) / 64] |= UINT64_C(1) << (at + i) % 64;
	}
	return b;
}

static bool test_has(const struct pagebits *b, unsigned page)
{
	return b->word[page / 64] >> page % 64 & 1;
}

static const unsigned places[] = {0, 1, 50, 60, 64, 120, 256, 448, 500};

/* find is relative to the drawing; -1: none. */
static const struct {
	const char *name;
	const char *picture;
	unsigned from;
	unsigned npages;
	int find;
} find_cases[] = {
	{"first_fit", "#.#..#...", 0, 2, 3},
	{"single", "#.#..#...", 0, 1, 1},
	{"longest", "#.#..#...", 0, 3, 6},
	{"too_long", "#.#..#...", 0, 4, -1},
	{"split_in_two", "..#..#..", 0, 3, -1},
	{"from_inside_a_run", "....#", 1, 3, 1},
	{"from_leaves_too_few", "....#", 2, 3, -1},
	{"from_skips_a_fit", "..#...#", 1, 2, 3},
	{"from_on_a_fit", "#..#..", 4, 2, 4},
	{"from_past_all", "....####", 5, 1, -1},
	{"nothing", "########", 0, 1, -1},
	{"all_twelve", "............", 0, 12, 0},
	{"gap_in_the_middle", ".....#......", 0, 6, 6},
};

START_TEST(test_find_run)
{
	for (size_t i = 0; i < UNIT_COUNT(places); i++) {
		const unsigned at = places[i];
		const struct pagebits b = test_draw(find_cases[_i].picture, at);
		const unsigned found = pagebits_find_run(
			&b, at + find_cases[_i].from, find_cases[_i].npages);
		const unsigned wanted = find_cases[_i].find < 0
						? (unsigned)PAGEBITS_NONE
						: at + find_cases[_i].find;
		ck_assert_msg(found == wanted, "%s at %u: %u, not %u",
			find_cases[_i].name, at, found, wanted);
	}
}
END_TEST

static const struct {
	const char *name;
	const char *picture;
	unsigned max;
	unsigned last;  /* highest member, relative to the drawing */
	unsigned below; /* length of the run that ends with it */
} run_cases[] = {
	{"one", "#.#", 1, 1, 1},
	{"two_runs", "#...#..#", 3, 6, 2},
	{"longest_last", ".#..#...", 3, 7, 3},
	{"equal", "..#..#..", 2, 7, 2},
	{"all", "............", 12, 11, 12},
};

START_TEST(test_runs)
{
	for (size_t i = 0; i < UNIT_COUNT(places); i++) {
		const unsigned at = places[i];
		const struct pagebits b = test_draw(run_cases[_i].picture, at);
		const unsigned last = at + run_cases[_i].last;

		ck_assert_uint_eq(pagebits_measure(&b).max, run_cases[_i].max);
		ck_assert_uint_eq(pagebits_find_last(&b), last);
		ck_assert_uint_eq(
			pagebits_run_below(&b, last + 1), run_cases[_i].below);
		if (last + 2 <= CHUNK_PAGES)
			ck_assert_uint_eq(pagebits_run_below(&b, last + 2), 0);
	}
}
END_TEST

START_TEST(test_empty_and_full)
{
	struct pagebits b = {{0}};

	ck_assert(pagebits_is_empty(&b));
	ck_assert_uint_eq(pagebits_find_last(&b), PAGEBITS_NONE);
	ck_assert_uint_eq(pagebits_find_run(&b, 0, 1), PAGEBITS_NONE);
	ck_assert_uint_eq(pagebits_run_below(&b, CHUNK_PAGES), 0);
	struct pagebits_runs runs = pagebits_measure(&b);
	ck_assert_uint_eq(runs.start + runs.max + runs.end, 0);

	pagebits_add(&b, 0, CHUNK_PAGES);
	ck_assert(!pagebits_is_empty(&b));
	ck_assert_uint_eq(pagebits_find_last(&b), CHUNK_PAGES - 1);
	ck_assert_uint_eq(pagebits_find_run(&b, 0, CHUNK_PAGES), 0);
	ck_assert_uint_eq(pagebits_find_run(&b, 1, 511), 1);
	ck_assert_uint_eq(pagebits_find_run(&b, 1, CHUNK_PAGES), PAGEBITS_NONE);
	ck_assert_uint_eq(pagebits_find_run(&b, CHUNK_PAGES, 1), PAGEBITS_NONE);
	ck_assert_uint_eq(pagebits_run_below(&b, CHUNK_PAGES), CHUNK_PAGES);
	ck_assert_uint_eq(pagebits_run_below(&b, 65), 65);
	runs = pagebits_measure(&b);
	ck_assert_uint_eq(runs.start, CHUNK_PAGES);
	ck_assert_uint_eq(runs.max, CHUNK_PAGES);
	ck_assert_uint_eq(runs.end, CHUNK_PAGES);
}
END_TEST

/* Every range of the chunk: added to nothing, counted, removed from all. */
START_TEST(test_every_range)
{
	for (unsigned first = 0; first < CHUNK_PAGES; first += 1 + first % 7) {
		for (unsigned n = 1; first + n <= CHUNK_PAGES; n++) {
			struct pagebits b = {{0}};
			pagebits_add(&b, first, n);
			struct pagebits_runs runs = pagebits_measure(&b);
			bool ok = runs.max == n &&
				  pagebits_find_run(&b, 0, n) == first &&
				  pagebits_count(&b, 0, CHUNK_PAGES) == n &&
				  pagebits_count(&b, first, n) == n &&
				  pagebits_run_below(&b, first + n) == n;
			pagebits_remove(&b, first, n);
			ok = ok && pagebits_is_empty(&b);
			if (!ok)
				ck_abort_msg("range %u + %u", first, n);
		}
	}
}
END_TEST

static unsigned test_naive_run_at(const struct pagebits *b, unsigned page)
{
	unsigned n = 0;

	while (page + n < CHUNK_PAGES && test_has(b, page + n))
		n++;
	return n;
}

static unsigned test_naive_find(
	const struct pagebits *b, unsigned from, unsigned npages)
{
	for (unsigned i = from; i < CHUNK_PAGES; i++) {
		if (test_naive_run_at(b, i) >= npages)
			return i;
	}
	return PAGEBITS_NONE;
}

static struct pagebits_runs test_naive_measure(const struct pagebits *b)
{
	struct pagebits_runs runs = {test_naive_run_at(b, 0), 0, 0};

	for (unsigned i = 0; i < CHUNK_PAGES; i++) {
		const unsigned n = test_naive_run_at(b, i);
		if (n > runs.max)
			runs.max = n;
		if (n == CHUNK_PAGES - i && n > runs.end)
			runs.end = n;
	}
	return runs;
}

static uint64_t test_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* From nearly empty to nearly full, with long runs of both kinds. */
static struct pagebits test_random_set(uint64_t *rng, unsigned density)
{
	struct pagebits b = {{0}};

	for (unsigned i = 0; i < CHUNK_WORDS; i++) {
		const uint64_t x = test_random(rng);
		const uint64_t y = test_random(rng) & test_random(rng);
		switch (density) {
		case 0: b.word[i] = x & y; break;
		case 1: b.word[i] = x; break;
		case 2: b.word[i] = x | y | test_random(rng); break;
		case 3: b.word[i] = x & 1 ? UINT64_MAX : x & 2 ? 0 : y; break;
		default: b.word[i] = UINT64_MAX; break;
		}
	}
	for (unsigned i = test_random(rng) % 4; i > 0; i--) {
		const unsigned first = test_random(rng) % CHUNK_PAGES;
		const unsigned room = CHUNK_PAGES - first;
		const unsigned n = 1 + test_random(rng) % room;
		if (test_random(rng) & 1)
			pagebits_add(&b, first, n);
		else
			pagebits_remove(&b, first, n);
	}
	return b;
}

static bool test_agrees(const struct pagebits *b, uint64_t *rng)
{
	const unsigned from = test_random(rng) % (CHUNK_PAGES + 1);
	const unsigned n = 1 + test_random(rng) % CHUNK_PAGES;
	const unsigned few = 1 + n % 70;
	const struct pagebits_runs runs = pagebits_measure(b);
	const struct pagebits_runs naive = test_naive_measure(b);

	return runs.start == naive.start && runs.max == naive.max &&
	       runs.end == naive.end &&
	       pagebits_find_run(b, from, n) == test_naive_find(b, from, n) &&
	       pagebits_find_run(b, from, few) == test_naive_find(b, from, few);
}

START_TEST(test_random_sets_against_single_pages)
{
	const char *given = getenv("GOALLOC_TEST_SEED");
	const uint64_t seed =
		given != NULL
			? strtoull(given, NULL, 0)
			: (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t rng = seed;

	for (unsigned i = 0; i < RANDOM_ROUNDS; i++) {
		const struct pagebits b = test_random_set(&rng, i % NDENSITIES);
		if (!test_agrees(&b, &rng))
			ck_abort_msg("GOALLOC_TEST_SEED=%#llx round %u",
				(unsigned long long)seed, i);
	}
}
END_TEST

static void pagebits_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_find_run, find_cases);
	UNIT_TABLE(tests, test_runs, run_cases);
	UNIT_TEST(tests, test_empty_and_full);
	UNIT_TEST(tests, test_every_range);
	UNIT_TEST(tests, test_random_sets_against_single_pages);
}
UNIT_MAIN("pagebits", pagebits_suite)
