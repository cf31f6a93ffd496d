/*
 * heapbits_test: bits are set, unset and cleared, against an array that says
 * the same; what was never set is not touched; two threads lose no bit.
 *
 * The words lie in PROT_NONE memory until they are made usable, so a test dies
 * where one is read too early.
 */
#include "gc/heapbits.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "core/atomics.h"
#include "core/mheap.h"
#include "core/os.h"
#include "test/unit/unit.h"

enum {
	TEST_SHIFT = 4,
	TEST_GRAIN = 1 << TEST_SHIFT,
	TEST_NBITS = 300, /* of the model: some words and a part of one */
	TEST_NSTEPS = 5000,
	TEST_STEP = (64 << 10) * 8, /* bits that become usable together */
	TEST_NTHREADS = 2,
	TEST_NROUNDS = 1000,
	TEST_NSHARED = 64, /* bits of a word */
	TEST_NTURNS = SANITIZED ? 300000 : 3000000,
};

#define TEST_BASE   ((uintptr_t)1 << 40)
#define TEST_WINDOW ((size_t)1 << 35)

static struct heapbits bits;

static void test_start(void)
{
	os_init();
	/* The bits know of the window's place; none of it is there. */
	mheap.base = TEST_BASE;
	mheap.window = TEST_WINDOW;
	ck_assert(heapbits_init(&bits, TEST_SHIFT));
}

static uintptr_t test_at(size_t i)
{
	return TEST_BASE + i * TEST_GRAIN;
}

START_TEST(test_each_call_says_what_it_was)
{
	test_start();
	ck_assert(!heapbits_test(&bits, test_at(7)));
	ck_assert(!heapbits_unset(&bits, test_at(7)));
	ck_assert(!heapbits_set(&bits, test_at(7)));
	ck_assert(heapbits_test(&bits, test_at(7)));
	ck_assert(heapbits_set(&bits, test_at(7)));
	ck_assert(heapbits_unset(&bits, test_at(7)));
	ck_assert(!heapbits_test(&bits, test_at(7)));
	ck_assert(!heapbits_unset(&bits, test_at(7)));
	ck_assert(!heapbits_set(&bits, test_at(7)));
}
END_TEST

START_TEST(test_a_grain_shares_a_bit)
{
	test_start();
	heapbits_set(&bits, test_at(64) + 1);
	for (uintptr_t i = 0; i < TEST_GRAIN; i++)
		ck_assert(heapbits_test(&bits, test_at(64) + i));
	ck_assert(!heapbits_test(&bits, test_at(64) - 1));
	ck_assert(!heapbits_test(&bits, test_at(65)));
}
END_TEST

START_TEST(test_random_bits)
{
	static bool model[TEST_NBITS];

	test_start();
	srand(12345); /* any sequence will do */
	for (int step = 0; step < TEST_NSTEPS; step++) {
		const size_t i = (size_t)rand() % TEST_NBITS;
		const bool set = rand() % 2 == 0;
		const bool was = set ? heapbits_set(&bits, test_at(i))
				     : heapbits_unset(&bits, test_at(i));
		ck_assert_int_eq(was, model[i]);
		model[i] = set;
	}
	for (size_t i = 0; i < TEST_NBITS; i++)
		ck_assert_int_eq(heapbits_test(&bits, test_at(i)), model[i]);
}
END_TEST

/* Bits: set first, then set or only looked at beyond what is usable. */
static const struct {
	const char *name;
	size_t set, beyond;
	size_t ready; /* steps that are usable when only the first is set */
} beyond_cases[] = {
	{"next_step", 0, TEST_STEP, 1},
	{"last_bit_of_a_step", TEST_STEP - 1, TEST_STEP, 1},
	{"first_bit_of_a_step", TEST_STEP, 2 * TEST_STEP, 2},
	{"far", 3 * TEST_STEP + 5, 1000 * TEST_STEP, 4},
	{"last_of_the_window", 0, TEST_WINDOW / TEST_GRAIN - 1, 1},
};

START_TEST(test_usable_as_far_as_set)
{
	const uintptr_t set = test_at(beyond_cases[_i].set);
	const uintptr_t beyond = test_at(beyond_cases[_i].beyond);

	test_start();
	ck_assert(!heapbits_test(&bits, set));
	ck_assert(!heapbits_unset(&bits, set));
	ck_assert_uint_eq(bits.ready, 0);

	ck_assert(!heapbits_set(&bits, set));
	ck_assert(!heapbits_test(&bits, beyond));
	ck_assert(!heapbits_unset(&bits, beyond));
	ck_assert_uint_eq(bits.ready, beyond_cases[_i].ready * (TEST_STEP / 8));

	ck_assert(!heapbits_set(&bits, beyond));
	ck_assert(heapbits_test(&bits, beyond));
	ck_assert(heapbits_test(&bits, set));
	const size_t ready = bits.ready;
	ck_assert(!heapbits_set(&bits, test_at(1)));
	ck_assert_uint_eq(bits.ready, ready);
}
END_TEST

START_TEST(test_clear)
{
	test_start();
	heapbits_clear(&bits); /* nothing is usable */
	ck_assert_uint_eq(bits.ready, 0);
	heapbits_set(&bits, test_at(0));
	heapbits_set(&bits, test_at(63));
	heapbits_set(&bits, test_at(5 * TEST_STEP));
	const size_t ready = bits.ready;
	heapbits_clear(&bits);
	ck_assert_uint_eq(bits.ready, ready);
	ck_assert(!heapbits_test(&bits, test_at(0)));
	ck_assert(!heapbits_test(&bits, test_at(63)));
	ck_assert(!heapbits_test(&bits, test_at(5 * TEST_STEP)));
	ck_assert(!heapbits_set(&bits, test_at(5 * TEST_STEP)));
	ck_assert(heapbits_test(&bits, test_at(5 * TEST_STEP)));
}
END_TEST

START_TEST(test_init_again_does_nothing)
{
	test_start();
	heapbits_set(&bits, test_at(3));
	const struct heapbits before = bits;
	ck_assert(heapbits_init(&bits, TEST_SHIFT + 1));
	ck_assert_mem_eq(&bits, &before, sizeof(bits));
	ck_assert(heapbits_test(&bits, test_at(3)));
}
END_TEST

START_TEST(test_no_memory_leaves_it_clear)
{
	struct rlimit usual;

	test_start();
	heapbits_set(&bits, test_at(0));
	ck_assert_int_eq(getrlimit(RLIMIT_DATA, &usual), 0);
	/* The kernel takes no bytes at all for no limit. */
	const struct rlimit none = {1, usual.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_DATA, &none), 0);
	const bool was = heapbits_set(&bits, test_at(TEST_STEP));
	const bool is = heapbits_test(&bits, test_at(TEST_STEP));
	ck_assert_int_eq(setrlimit(RLIMIT_DATA, &usual), 0);
	ck_assert(!was && !is);
	ck_assert(heapbits_test(&bits, test_at(0)));
	ck_assert(!heapbits_set(&bits, test_at(TEST_STEP)));
	ck_assert(heapbits_test(&bits, test_at(TEST_STEP)));
}
END_TEST

/* ---- Two threads ------------------------------------------------------ */

/* By thread and round: bits that it was the one to set, then to unset. */
static uint64_t won_set[TEST_NTHREADS][TEST_NROUNDS];
static uint64_t won_unset[TEST_NTHREADS][TEST_NROUNDS];
static unsigned narrived; /* atomic: threads at any meeting so far */

/* Waits until all are at their n-th meeting; Check ends what lasts too long. */
static void test_meet(unsigned n)
{
	fetch_add_seqcst(&narrived, 1);
	while (load_acquire(&narrived) < n * TEST_NTHREADS)
		sched_yield();
}

/* Each round's word is in fresh memory, and every bit is wanted by both. */
static void *test_share_words(void *arg)
{
	const size_t me = (uintptr_t)arg;
	unsigned nmeetings = 0;

	for (size_t round = 0; round < TEST_NROUNDS; round++) {
		const size_t first = round * TEST_STEP;
		test_meet(++nmeetings);
		for (size_t i = 0; i < TEST_NSHARED; i++)
			if (!heapbits_set(&bits, test_at(first + i)))
				won_set[me][round] |= UINT64_C(1) << i;
		test_meet(++nmeetings);
		for (size_t i = 0; i < TEST_NSHARED; i++)
			if (heapbits_unset(&bits, test_at(first + i)))
				won_unset[me][round] |= UINT64_C(1) << i;
	}
	return NULL;
}

/* Each thread sets and unsets its own bits of one word. */
static void *test_turn_bits(void *arg)
{
	const size_t me = (uintptr_t)arg;

	test_meet(1);
	for (size_t turn = 0; turn < TEST_NTURNS; turn++) {
		const size_t i = turn * TEST_NTHREADS % TEST_NSHARED + me;
		if (heapbits_set(&bits, test_at(i)))
			return "a bit was set by itself";
		if (!heapbits_unset(&bits, test_at(i)))
			return "a bit was unset by itself";
	}
	return NULL;
}

/* Each thread sets a bit of its own in fresh memory beside the other's. */
static void *test_grow(void *arg)
{
	const size_t me = (uintptr_t)arg;
	unsigned nmeetings = 0;
	char *failed = NULL;

	for (size_t round = 0; round < TEST_NROUNDS; round++) {
		const size_t step = TEST_NTHREADS * round + me;
		test_meet(++nmeetings);
		if (heapbits_set(&bits, test_at(step * TEST_STEP)))
			failed = "a bit was set by itself";
		test_meet(++nmeetings);
		if (!heapbits_test(&bits, test_at(step * TEST_STEP)))
			failed = "a bit was lost";
	}
	return failed;
}

static void test_run_both(void *(*fn)(void *))
{
	pthread_t threads[TEST_NTHREADS];

	for (uintptr_t i = 0; i < TEST_NTHREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, fn, (void *)i), 0);
	for (size_t i = 0; i < TEST_NTHREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		ck_assert_msg(failed == NULL, "%s", (char *)failed);
	}
}

START_TEST(test_one_of_two_sets_a_bit)
{
	test_start();
	test_run_both(test_share_words);
	for (size_t round = 0; round < TEST_NROUNDS; round++) {
		ck_assert_uint_eq(
			won_set[0][round] ^ won_set[1][round], UINT64_MAX);
		ck_assert_uint_eq(
			won_unset[0][round] ^ won_unset[1][round], UINT64_MAX);
		ck_assert(!heapbits_test(&bits, test_at(round * TEST_STEP)));
	}
}
END_TEST

START_TEST(test_neighbours_lose_no_bit)
{
	test_start();
	test_run_both(test_turn_bits);
}
END_TEST

START_TEST(test_both_make_memory_usable)
{
	const size_t nsteps = TEST_NTHREADS * TEST_NROUNDS;

	test_start();
	test_run_both(test_grow);
	for (size_t step = 0; step < nsteps; step++)
		ck_assert(heapbits_test(&bits, test_at(step * TEST_STEP)));
	ck_assert_uint_eq(bits.ready, nsteps * (TEST_STEP / 8));
}
END_TEST

static void heapbits_suite(TCase *tests)
{
	UNIT_TEST(tests, test_each_call_says_what_it_was);
	UNIT_TEST(tests, test_a_grain_shares_a_bit);
	UNIT_TEST(tests, test_random_bits);
	UNIT_TABLE(tests, test_usable_as_far_as_set, beyond_cases);
	UNIT_TEST(tests, test_clear);
	UNIT_TEST(tests, test_init_again_does_nothing);
	UNIT_TEST(tests, test_no_memory_leaves_it_clear);
	UNIT_TEST(tests, test_one_of_two_sets_a_bit);
	UNIT_TEST(tests, test_neighbours_lose_no_bit);
	UNIT_TEST(tests, test_both_make_memory_usable);
}
UNIT_MAIN("heapbits", heapbits_suite)
