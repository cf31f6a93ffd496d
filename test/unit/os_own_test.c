/*
 * os_own_test: what has been noted is found, and nothing else.
 */
#include "core/os_own.h"

#include <pthread.h>

#include "core/os.h"
#include "test/unit/unit.h"

enum {
	TEST_MANY = 2000, /* more than fit */
	TEST_NTHREADS = 4,
	TEST_ROUNDS = 200,
	TEST_STEP = 4096,
};

static struct os_range found[TEST_MANY];

static bool test_is_noted(uintptr_t lo, uintptr_t hi)
{
	size_t n = os_own_read(found, TEST_MANY);

	for (size_t i = 0; i < n; i++)
		if (found[i].lo == lo && found[i].hi == hi)
			return true;
	return false;
}

START_TEST(test_maps_are_noted_until_unmapped)
{
	char *p = os_own_map(TEST_STEP);

	ck_assert_ptr_nonnull(p);
	p[0] = p[TEST_STEP - 1] = 1;
	ck_assert(test_is_noted((uintptr_t)p, (uintptr_t)p + TEST_STEP));
	os_own_unmap(p, TEST_STEP);
	ck_assert(!test_is_noted((uintptr_t)p, (uintptr_t)p + TEST_STEP));
}
END_TEST

START_TEST(test_pieces_of_the_heap_become_one)
{
	os_own_note_heap(0x10000, 0x1000);
	os_own_note_heap(0x11000, 0x3000);
	ck_assert(test_is_noted(0x10000, 0x14000));
	os_own_note_heap(0x20000, 0x1000);
	ck_assert(test_is_noted(0x10000, 0x14000));
	ck_assert(test_is_noted(0x20000, 0x21000));
	ck_assert_uint_eq(os_own_read(found, TEST_MANY), 2);
}
END_TEST

START_TEST(test_a_full_table_notes_no_more)
{
	for (uintptr_t i = 1; i <= TEST_MANY; i++)
		os_own_note(i * TEST_STEP, TEST_STEP);
	size_t n = os_own_read(found, TEST_MANY);
	ck_assert_uint_lt(n, TEST_MANY);
	ck_assert_uint_ge(n, TEST_MANY / 4);
	os_own_forget(TEST_STEP);
	ck_assert_uint_eq(os_own_read(found, TEST_MANY), n - 1);
	os_own_note(TEST_MANY * TEST_STEP * 2, TEST_STEP);
	ck_assert_uint_eq(os_own_read(found, TEST_MANY), n);
}
END_TEST

/* Each thread notes and forgets ranges of its own, and always finds them. */
static void *test_note_and_forget(void *arg)
{
	const uintptr_t base = ((uintptr_t)arg + 1) << 40;
	struct os_range here[TEST_NTHREADS * 2];

	for (uintptr_t i = 1; i <= TEST_ROUNDS; i++) {
		const uintptr_t lo = base + i * TEST_STEP;
		const size_t size = i * TEST_STEP;
		bool seen = false;
		os_own_note(lo, size);
		size_t n = os_own_read(here, TEST_NTHREADS * 2);
		for (size_t k = 0; k < n; k++)
			seen |= here[k].lo == lo && here[k].hi == lo + size;
		if (!seen)
			return arg != NULL ? arg : (void *)base;
		os_own_forget(lo);
	}
	return NULL;
}

START_TEST(test_threads_note_at_once)
{
	pthread_t threads[TEST_NTHREADS];

	for (uintptr_t i = 0; i < TEST_NTHREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
					 test_note_and_forget, (void *)i),
			0);
	for (int i = 0; i < TEST_NTHREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
	ck_assert_uint_eq(os_own_read(found, TEST_MANY), 0);
}
END_TEST

static void os_own_suite(TCase *tests)
{
	UNIT_TEST(tests, test_maps_are_noted_until_unmapped);
	UNIT_TEST(tests, test_pieces_of_the_heap_become_one);
	UNIT_TEST(tests, test_a_full_table_notes_no_more);
	UNIT_TEST(tests, test_threads_note_at_once);
}

UNIT_MAIN("os_own", os_own_suite)
