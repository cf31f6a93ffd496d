/*
 * chunkset_test: sets at the edges of words and levels, then a random one
 * against an array of bools.
 */
#include "core/chunkset.h"
#include "test/unit/reserved.h"
#include "test/unit/unit.h"

enum {
	FULL_WINDOW = 1 << 22, /* chunks in 16 TiB */
	MODEL_CHUNKS = 5000,
	MODEL_STEPS = 10000,
};

static struct lazytable tables;

/* A set whose words are all ready, or none. */
static void test_init(struct chunkset *s, size_t nchunks, bool ready)
{
	const size_t size = 2 << 20;

	lazytable_init(&tables, reserved_storage(size), reserved_commit);
	chunkset_init(s, nchunks, &tables);
	ck_assert_uint_le(lazytable_size(&tables), size);
	if (ready)
		ck_assert(chunkset_commit(s, 0, nchunks - 1, &tables));
}

static const struct {
	size_t nchunks;
	unsigned nlevels;
} size_cases[] = {
	{1, 1},
	{64, 1},
	{65, 2},
	{4096, 2},
	{4097, 3},
	{FULL_WINDOW, 4},
};

START_TEST(test_every_edge)
{
	const size_t n = size_cases[_i].nchunks;
	const size_t last[] = {0, n / 64, n / 3, n / 2, n - 1};
	struct chunkset s;

	test_init(&s, n, true);
	ck_assert_uint_eq(s.nlevels, size_cases[_i].nlevels);
	ck_assert_uint_eq(chunkset_highest(&s), CHUNKSET_NONE);
	for (size_t i = 0; i < UNIT_COUNT(last); i++) {
		chunkset_add(&s, last[i]);
		chunkset_add(&s, last[i]);
		ck_assert(chunkset_has(&s, last[i]));
		ck_assert_uint_eq(chunkset_highest(&s), last[i]);
	}
	for (size_t i = UNIT_COUNT(last); i-- > 0;) {
		chunkset_remove(&s, last[i]);
		chunkset_remove(&s, last[i]);
		ck_assert(!chunkset_has(&s, last[i]));
	}
	ck_assert_uint_eq(chunkset_highest(&s), CHUNKSET_NONE);
}
END_TEST

/* Words that were never committed lie in PROT_NONE memory. */
START_TEST(test_reads_only_what_is_ready)
{
	struct chunkset s;

	test_init(&s, FULL_WINDOW, false);
	ck_assert(chunkset_commit(&s, 2000000, 2000100, &tables));
	ck_assert_uint_eq(chunkset_highest(&s), CHUNKSET_NONE);
	chunkset_add(&s, 2000000);
	ck_assert_uint_eq(chunkset_highest(&s), 2000000);
	ck_assert(chunkset_commit(&s, 10, 10, &tables));
	chunkset_add(&s, 10);
	ck_assert_uint_eq(chunkset_highest(&s), 2000000);
	chunkset_remove(&s, 2000000);
	ck_assert_uint_eq(chunkset_highest(&s), 10);
}
END_TEST

static size_t model_highest(const bool *member)
{
	for (size_t i = MODEL_CHUNKS; i-- > 0;) {
		if (member[i])
			return i;
	}
	return CHUNKSET_NONE;
}

START_TEST(test_random_set)
{
	static bool member[MODEL_CHUNKS];
	struct chunkset s;

	srand(12345); /* any sequence will do */
	test_init(&s, MODEL_CHUNKS, true);
	for (unsigned i = 0; i < MODEL_STEPS; i++) {
		/* Few members at any time, so that words become empty. */
		const bool add = rand() % 16 == 0;
		const size_t highest = model_highest(member);
		size_t chunk = (size_t)rand() % MODEL_CHUNKS;
		if (!add && rand() % 8 == 0 && highest != CHUNKSET_NONE)
			chunk = highest;
		if (add)
			chunkset_add(&s, chunk);
		else
			chunkset_remove(&s, chunk);
		member[chunk] = add;
		if (chunkset_highest(&s) != model_highest(member))
			ck_abort_msg("step %u, chunk %zu", i, chunk);
	}
}
END_TEST

static void chunkset_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_every_edge, size_cases);
	UNIT_TEST(tests, test_reads_only_what_is_ready);
	UNIT_TEST(tests, test_random_set);
}
UNIT_MAIN("chunkset", chunkset_suite)
