/*
 * early_test: alignment, misuse, running out, several threads at once.
 */
#include "core/early.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/os.h"
#include "test/unit/unit.h"

enum {
	TEST_NTHREADS = 4,
	TEST_NOBJECTS = 500,  /* per thread */
	TEST_LARGE = 3 << 20, /* more than one area holds */
	TEST_NREFUSED = 3000, /* more than there are areas */
	TEST_GUARD = 1000,    /* objects around what is refused */
};

/* No address space has room for it. */
static const size_t test_hopeless = (size_t)1 << 47;

static bool test_is_filled(const void *p, int byte, size_t size)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < size; i++)
		if (at[i] != byte)
			return false;
	return true;
}

/* A request, and the alignment that it gets at least. */
static const struct {
	const char *name;
	size_t size;
	size_t align;
	size_t expected_align;
} requests[] = {
	{"nothing", 0, 1, 16},
	{"one_byte", 1, 1, 16},
	{"odd", 13, 8, 16},
	{"sixteen", 16, 16, 16},
	{"cache_line", 100, 64, 64},
	{"page", 5000, 4096, 4096},
	{"little_with_much_align", 1, 65536, 65536},
	{"static_area_whole", 64 << 10, 16, 16},
	{"an_area_whole", 1 << 20, 16, 16},
	{"larger_than_an_area", TEST_LARGE, 16, 16},
	{"large_and_aligned", TEST_LARGE, 1 << 21, 1 << 21},
};

START_TEST(test_memory_is_zero_aligned_and_as_long_as_asked)
{
	const size_t size = requests[_i].size, align = requests[_i].align;
	unsigned char *before = early_alloc(40, 16);
	unsigned char *p = early_alloc(size, align);
	unsigned char *after = early_alloc(40, 16);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq((uintptr_t)p % requests[_i].expected_align, 0);
	ck_assert(test_is_filled(p, 0, size));
	memset(before, 'b', 40);
	memset(p, 'p', size);
	memset(after, 'a', 40);
	ck_assert(test_is_filled(before, 'b', 40));
	ck_assert(test_is_filled(p, 'p', size));
	ck_assert(test_is_filled(after, 'a', 40));
	ck_assert_uint_eq(early_size((uintptr_t)p), size > 0 ? size : 1);
	ck_assert(early_owns((uintptr_t)p));
	ck_assert(early_free((uintptr_t)p));
}
END_TEST

START_TEST(test_an_object_is_freed_once)
{
	const uintptr_t p = (uintptr_t)early_alloc(100, 16);
	const uintptr_t q = (uintptr_t)early_alloc(100, 16);

	ck_assert(early_free(p));
	ck_assert(!early_free(p));
	ck_assert_uint_eq(early_size(p), 0);
	ck_assert(early_owns(p));
	ck_assert_uint_eq(early_size(q), 100);
	ck_assert(early_free(q));
}
END_TEST

START_TEST(test_freed_memory_is_not_used_again)
{
	const uintptr_t p = (uintptr_t)early_alloc(100, 16);

	early_free(p);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_ne((uintptr_t)early_alloc(100, 16), p);
}
END_TEST

START_TEST(test_other_pointers_are_no_objects)
{
	static char foreign[64];
	char local[64];
	unsigned char *p = early_alloc(200, 16);
	const uintptr_t strange[] = {0, 1, 16, UINTPTR_MAX, UINTPTR_MAX - 15,
		(uintptr_t)local, (uintptr_t)foreign, (uintptr_t)p + 1,
		(uintptr_t)p + 16, (uintptr_t)p - 16, (uintptr_t)p + 4096};

	for (size_t i = 0; i < UNIT_COUNT(strange); i++) {
		ck_assert_uint_eq(early_size(strange[i]), 0);
		ck_assert(!early_free(strange[i]));
	}
	ck_assert(!early_owns((uintptr_t)local));
	ck_assert(!early_owns((uintptr_t)foreign));
	ck_assert(!early_owns(0));
	ck_assert_uint_eq(early_size((uintptr_t)p), 200);
}
END_TEST

static void *test_objects[TEST_NTHREADS][TEST_NOBJECTS];

static size_t test_size_of(int thread, int i)
{
	return (size_t)(1 + (i * 37 + thread * 11) % 3000);
}

static void *test_allocate_many(void *arg)
{
	void **objects = arg;
	const int thread = (int)((void *(*)[TEST_NOBJECTS])arg - test_objects);

	for (int i = 0; i < TEST_NOBJECTS; i++) {
		const size_t size = test_size_of(thread, i);
		objects[i] = early_alloc(size, (size_t)16 << i % 4);
		if (objects[i] == NULL || !test_is_filled(objects[i], 0, size))
			return arg;
		memset(objects[i], thread * 50 + i % 50 + 1, size);
	}
	return NULL;
}

START_TEST(test_threads_get_memory_of_their_own)
{
	pthread_t threads[TEST_NTHREADS];
	void *failed;

	for (int t = 0; t < TEST_NTHREADS; t++)
		pthread_create(
			&threads[t], NULL, test_allocate_many, test_objects[t]);
	for (int t = 0; t < TEST_NTHREADS; t++) {
		pthread_join(threads[t], &failed);
		ck_assert_ptr_null(failed);
	}
	for (int t = 0; t < TEST_NTHREADS; t++) {
		for (int i = 0; i < TEST_NOBJECTS; i++) {
			const void *p = test_objects[t][i];
			if (!test_is_filled(
				    p, t * 50 + i % 50 + 1, test_size_of(t, i)))
				ck_abort_msg("thread %d object %d", t, i);
			if (early_size((uintptr_t)p) != test_size_of(t, i))
				ck_abort_msg("size of %d, %d", t, i);
		}
	}
}
END_TEST

static void *test_free_all(void *unused)
{
	uintptr_t nfreed = 0;

	(void)unused;
	for (int i = 0; i < TEST_NOBJECTS; i++)
		nfreed += early_free((uintptr_t)test_objects[0][i]);
	return (void *)nfreed;
}

START_TEST(test_of_two_frees_at_once_one_wins)
{
	pthread_t threads[TEST_NTHREADS];
	uintptr_t total = 0;

	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_objects[0][i] = early_alloc(16, 16);
	for (int t = 0; t < TEST_NTHREADS; t++)
		pthread_create(&threads[t], NULL, test_free_all, NULL);
	for (int t = 0; t < TEST_NTHREADS; t++) {
		void *nfreed;
		pthread_join(threads[t], &nfreed);
		total += (uintptr_t)nfreed;
	}
	ck_assert_uint_eq(total, TEST_NOBJECTS);
}
END_TEST

static const struct {
	const char *name;
	size_t size;
	size_t align;
} refused[] = {
	{"a_quarter_of_all", (size_t)1 << 62, 16},
	{"half_of_all", PTRDIFF_MAX - 64, 16},
	{"more_than_half", (size_t)PTRDIFF_MAX + 1, 16},
	{"all", SIZE_MAX, 16},
	{"all_but_some", SIZE_MAX - 100, 16},
	{"align_a_quarter", 1, (size_t)1 << 62},
	{"align_half", 1, (size_t)1 << 63},
	{"size_and_align", (size_t)1 << 61, (size_t)1 << 61},
	{"no_such_address_space", (size_t)1 << 47, 16},
};

/* What cannot be had costs nothing: no space, and no harm to the others. */
START_TEST(test_refused_again_and_again)
{
	static unsigned char *guard[TEST_GUARD];

	for (int i = 0; i < TEST_GUARD / 2; i++) {
		guard[i] = early_alloc(48, 16);
		memset(guard[i], i % 100 + 1, 48);
	}
	for (int i = 0; i < TEST_NREFUSED; i++)
		ck_assert_msg(early_alloc(refused[_i].size,
				      refused[_i].align) == NULL,
			"%s", refused[_i].name);
	for (int i = TEST_GUARD / 2; i < TEST_GUARD; i++) {
		guard[i] = early_alloc(48, 16);
		ck_assert_ptr_nonnull(guard[i]);
		memset(guard[i], i % 100 + 1, 48);
	}
	for (int i = 0; i < TEST_GUARD; i++)
		ck_assert(test_is_filled(guard[i], i % 100 + 1, 48));
	ck_assert_ptr_nonnull(early_alloc(TEST_LARGE, 16));
}
END_TEST

START_TEST(test_bytes_count_what_is_taken)
{
	const size_t before = early_bytes();

	early_alloc(1000, 16);
	const size_t after = early_bytes();
	ck_assert_uint_ge(after, before + 1000);
	ck_assert_uint_le(after, before + 1100);
	early_alloc(test_hopeless, 16);
	ck_assert_uint_eq(early_bytes(), after);
}
END_TEST

static void early_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_memory_is_zero_aligned_and_as_long_as_asked,
		requests);
	UNIT_TEST(tests, test_an_object_is_freed_once);
	UNIT_TEST(tests, test_freed_memory_is_not_used_again);
	UNIT_TEST(tests, test_other_pointers_are_no_objects);
	UNIT_TEST(tests, test_threads_get_memory_of_their_own);
	UNIT_TEST(tests, test_of_two_frees_at_once_one_wins);
	UNIT_TABLE(tests, test_refused_again_and_again, refused);
	UNIT_TEST(tests, test_bytes_count_what_is_taken);
}
UNIT_MAIN("early", early_suite)
