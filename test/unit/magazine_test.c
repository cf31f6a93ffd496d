/*
 * magazine_test: what goes in comes out, once, and where it said it was.
 */
#include "core/magazine.h"

#include <string.h>

#include "core/mheap.h"
#include "core/os.h"
#include "core/thread.h"
#include "test/unit/unit.h"

enum {
	TEST_MAY_COME = 1 << 16,
	/* objects before a sample */ TEST_NOBJECTS = 4096
};

static uint8_t states[TEST_NOBJECTS];

static void test_start(struct magazines *m, unsigned size)
{
	os_init();
	thread_self()->busy = true;
	lock(&mheap.lock);
	ck_assert(mheap_init());
	unlock(&mheap.lock);
	memset(states, OBJECT_LIVE, sizeof states);
	memset(m, 0, sizeof *m);
	m->brought = -TEST_MAY_COME;
	magazines_init(m);
	if (size > 0)
		ck_assert(magazines_grow(m, size));
}

/* Object i has an address of its own, and its state. */
static bool test_free(struct magazines *m, unsigned i)
{
	ck_assert_uint_eq(states[i], OBJECT_LIVE);
	return magazines_free(m, (i + 1) * 16, &states[i]);
}

/* The number of the next object handed out; -1: none. */
static int test_alloc(struct magazines *m)
{
	const uintptr_t p = (uintptr_t)magazines_alloc(m);

	if (p == 0)
		return -1;
	ck_assert_uint_eq(states[p / 16 - 1], OBJECT_LIVE);
	return (int)(p / 16 - 1);
}

START_TEST(test_without_rows_there_is_no_room)
{
	struct magazines m;

	test_start(&m, 0);
	ck_assert(!test_free(&m, 0));
	ck_assert_int_eq(test_alloc(&m), -1);
	ck_assert_uint_eq(magazines_nout(&m), 0);
	ck_assert_uint_eq(magazines_nin(&m), 0);
	ck_assert_uint_eq(magazines_take(&m).p, 0);
	ck_assert_uint_eq(states[0], OBJECT_LIVE);
}
END_TEST

static const unsigned sizes[] = {1, 2, 15, 31, 63};

/* Until it is full; then half of it and more is worth a swap. */
START_TEST(test_what_is_freed_is_kept_and_comes_back)
{
	const unsigned size = sizes[_i];
	struct magazines m;

	test_start(&m, size);
	for (unsigned i = 0; i < size; i++) {
		ck_assert(test_free(&m, i));
		ck_assert_uint_eq(states[i], OBJECT_KEPT);
		ck_assert_uint_eq(magazines_nin(&m), i + 1);
	}
	ck_assert(!test_free(&m, size));
	for (unsigned i = size; i > 0; i--) {
		ck_assert_int_eq(test_alloc(&m), (int)i - 1);
		ck_assert_uint_eq(magazines_nout(&m), i - 1);
	}
	ck_assert_int_eq(test_alloc(&m), -1);
	ck_assert_int_eq(m.brought, (int)size - TEST_MAY_COME);
}
END_TEST

START_TEST(test_few_are_left_for_later)
{
	const unsigned size = sizes[_i];
	struct magazines m;

	test_start(&m, size);
	for (unsigned i = 0; i + 1 < magazines_ripe_at(size); i++) {
		ck_assert(test_free(&m, i));
		ck_assert_int_eq(test_alloc(&m), -1);
	}
	ck_assert(test_free(&m, TEST_NOBJECTS - 1));
	ck_assert_int_eq(test_alloc(&m), TEST_NOBJECTS - 1);
}
END_TEST

/* The object after the last that may be brought is for the slow path. */
START_TEST(test_no_more_is_brought_than_may_be)
{
	const unsigned size = sizes[_i];
	struct magazines m;

	test_start(&m, size);
	for (unsigned i = 0; i < size; i++)
		ck_assert(test_free(&m, i));
	m.brought = -(int64_t)(size - 1);
	ck_assert_int_eq(test_alloc(&m), -1);
	ck_assert_uint_eq(magazines_nin(&m), size);
	ck_assert(magazines_bring(&m) == (size > 1));
	ck_assert_uint_eq(magazines_nleft(&m), 0);
	ck_assert(!magazines_bring(&m));
	for (unsigned i = size; i > 1; i--)
		ck_assert_int_eq(test_alloc(&m), (int)i - 1);
	ck_assert_int_eq(test_alloc(&m), -1);
	ck_assert_uint_eq(magazines_nin(&m), 1);
	m.brought = -1;
	ck_assert(magazines_bring(&m));
	ck_assert_int_eq(test_alloc(&m), 0);
	ck_assert_uint_eq(magazines_nin(&m), 0);
	ck_assert(test_free(&m, 0));
}
END_TEST

START_TEST(test_growing_gives_more_room)
{
	struct magazines m;

	test_start(&m, 0);
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		ck_assert(magazines_grow(&m, sizes[i]));
		for (unsigned n = 0; n < sizes[i]; n++)
			ck_assert(test_free(&m, n));
		while (magazines_take(&m).p != 0)
			;
		memset(states, OBJECT_LIVE, sizeof states);
	}
	magazines_drop(&m);
	ck_assert(!test_free(&m, 0));
}
END_TEST

START_TEST(test_sizes_follow_use_and_bytes)
{
	ck_assert_uint_eq(magazines_size_for(16, 0), 0);
	for (size_t size = 16; size <= 32768; size *= 2) {
		unsigned before = 0;
		for (unsigned n = 1; n < 20; n++) {
			const unsigned rounds = magazines_size_for(size, n);
			ck_assert_uint_ge(rounds, before);
			ck_assert_uint_ge(rounds, 15);
			before = rounds;
		}
		ck_assert(before == 15 || before * size <= 65536);
	}
	ck_assert_uint_eq(magazines_size_for(64, 100), 63);
	ck_assert_uint_eq(magazines_size_for(32768, 100), 15);
}
END_TEST

/* A program that frees and allocates at random, against a plain bag. */
START_TEST(test_every_object_is_somewhere_once)
{
	static bool out[TEST_NOBJECTS];
	struct magazines m;
	uint64_t random = (uint64_t)_i * 2 + 1;
	unsigned nkept = 0;

	test_start(&m, sizes[_i]);
	memset(out, true, sizeof out);
	for (int step = 0; step < 200000; step++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		unsigned i = random >> 52;
		if (random >> 40 & 1) {
			const int found = test_alloc(&m);
			if (found < 0)
				continue;
			if (out[found])
				ck_abort_msg("%d is out twice", found);
			out[found] = true;
			nkept--;
		} else if (out[i] && test_free(&m, i)) {
			out[i] = false;
			nkept++;
		}
		/* Check's own assertions cost more than what they check. */
		if (magazines_nout(&m) + magazines_nin(&m) != nkept)
			ck_abort_msg("step %d: not %u are kept", step, nkept);
	}
	for (struct magazine_round r; (r = magazines_take(&m)).p != 0; nkept--)
		ck_assert(!out[r.p / 16 - 1]);
	ck_assert_uint_eq(nkept, 0);
}
END_TEST

static void magazine_suite(TCase *tests)
{
	UNIT_TEST(tests, test_without_rows_there_is_no_room);
	UNIT_TABLE(tests, test_what_is_freed_is_kept_and_comes_back, sizes);
	UNIT_TABLE(tests, test_few_are_left_for_later, sizes);
	UNIT_TABLE(tests, test_no_more_is_brought_than_may_be, sizes);
	UNIT_TEST(tests, test_growing_gives_more_room);
	UNIT_TEST(tests, test_sizes_follow_use_and_bytes);
	UNIT_TABLE(tests, test_every_object_is_somewhere_once, sizes);
}

UNIT_MAIN("magazine", magazine_suite)
