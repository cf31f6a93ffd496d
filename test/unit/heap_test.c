/*
 * heap_test: what the front door promises, and how misuse dies.
 */
#include "core/heap.h"

#include <stdint.h>

#include "core/mheap.h"
#include "test/unit/unit.h"

enum {
	TEST_ROOM = 256,
	TEST_NMIXED = 400,
	TEST_NSTEPS = SANITIZED ? 10000 : 50000,
	TEST_MIB = 1 << 20,
};

static void test_fill(void *p, int byte, size_t size)
{
	memset(p, byte, size);
}

static bool test_is_filled(const void *p, int byte, size_t size)
{
	const unsigned char *at = p;

	return size == 0 ||
	       (at[0] == byte && memcmp(at, at + 1, size - 1) == 0);
}

static void test_assert_nothing_is_left(void)
{
	heap_trim();
	ck_assert_uint_eq(mheap.nspans, 0);
	ck_assert_uint_eq(mheap.pages.npages_free, mheap.pages.npages_known);
}

/* Allocating. */

static const size_t sizes[] = {0, 1, 7, 8, 9, 15, 16, 17, 24, 32, 33, 48, 100,
	128, 1023, 1024, 1025, 4096, 8192, 10000, 32767, 32768, 32769, 40000,
	65536, 100000, TEST_MIB, 5 * TEST_MIB + 1};

START_TEST(test_an_object_is_aligned_and_as_large_as_asked)
{
	const size_t size = sizes[_i];
	unsigned char *before = heap_alloc(size);
	unsigned char *p = heap_alloc(size);
	unsigned char *after = heap_alloc(size);

	ck_assert(before != NULL && p != NULL && after != NULL);
	ck_assert(before != p && p != after && before != after);
	const size_t usable = heap_usable_size(p);
	ck_assert_uint_ge(usable, size);
	ck_assert_uint_eq((uintptr_t)p % (size <= 8 ? 8 : 16), 0);
	test_fill(before, 'b', heap_usable_size(before));
	test_fill(p, 'p', usable);
	test_fill(after, 'a', heap_usable_size(after));
	ck_assert(test_is_filled(before, 'b', size));
	ck_assert(test_is_filled(p, 'p', usable));
	ck_assert(test_is_filled(after, 'a', size));
	heap_free(p);
	heap_free(before);
	heap_free(after);
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_zeroed_memory_is_zero)
{
	const size_t size = sizes[_i];

	for (int round = 0; round < 4; round++) {
		void *p = heap_alloc_zeroed(size);
		ck_assert_ptr_nonnull(p);
		ck_assert(test_is_filled(p, 0, size));
		test_fill(p, 'x', heap_usable_size(p));
		heap_free(p);
		if (round == 1)
			heap_trim();
	}
}
END_TEST

START_TEST(test_no_waste_beyond_the_class)
{
	for (size_t size = 1; size <= SMALL_MAX; size += size / 64 + 1) {
		void *p = heap_alloc(size);
		ck_assert_uint_eq(heap_usable_size(p),
			sizeclass_table[sizeclass_of(size)].size);
		heap_free(p);
	}
	void *p = heap_alloc(SMALL_MAX + 1);
	ck_assert_uint_eq(heap_usable_size(p), SMALL_MAX + GO_PAGE_SIZE);
	heap_free(p);
}
END_TEST

START_TEST(test_tiny_objects_may_be_turned_off)
{
	heap_set_tiny(false);
	for (size_t size = 0; size <= 8; size++) {
		void *p = heap_alloc(size);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		ck_assert_uint_eq(heap_usable_size(p), 16);
		heap_free_sized(p, size, 0);
	}
	heap_set_tiny(true);
	ck_assert_uint_eq(heap_usable_size(heap_alloc(8)), 8);
}
END_TEST

/* Constructors of other libraries allocate before ours. */
START_TEST(test_free_sized_takes_what_is_older_than_the_options)
{
	static const size_t sizes_before[] = {0, 8, 16, 40960};
	void *before[2][4];

	for (int i = 0; i < 4; i++) {
		before[0][i] = heap_alloc(sizes_before[i]);
		before[1][i] = heap_alloc_aligned(sizes_before[i], 64);
	}
	heap_set_tiny(false);
	heap_leave_room();
	for (int i = 0; i < 4; i++) {
		heap_free_sized(before[0][i], sizes_before[i], 0);
		heap_free_sized(before[1][i], sizes_before[i], 64);
	}
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_every_alignment_is_kept)
{
	for (size_t align = 1; align <= 4 * TEST_MIB; align *= 2) {
		void *p = heap_alloc_aligned(sizes[_i], align);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % align, 0);
		ck_assert_uint_ge(heap_usable_size(p), sizes[_i]);
		test_fill(p, 'x', sizes[_i]);
		heap_free_sized(p, sizes[_i], align);
	}
	test_assert_nothing_is_left();
}
END_TEST

static const struct {
	const char *name;
	size_t size, align;
} too_much[] = {
	{"beyond_ptrdiff", (size_t)PTRDIFF_MAX + 1, 16},
	{"ptrdiff", PTRDIFF_MAX, 16},
	{"all", SIZE_MAX, 16},
	{"all_but_a_page", SIZE_MAX - 8192, 16},
	{"address_space", (size_t)1 << 47, 16},
	{"align_half", 1, (size_t)1 << 63},
	{"align_a_quarter", 1, (size_t)1 << 62},
	{"align_address_space", 1, (size_t)1 << 47},
	{"both", (size_t)1 << 46, (size_t)1 << 46},
};

START_TEST(test_too_much_is_refused_and_the_heap_goes_on)
{
	const size_t size = too_much[_i].size, align = too_much[_i].align;

	for (int round = 0; round < 2; round++) { /* before and after start */
		ck_assert_ptr_null(heap_alloc_aligned(size, align));
		if (align == 16) {
			ck_assert_ptr_null(heap_alloc(size));
			ck_assert_ptr_null(heap_alloc_zeroed(size));
		}
		char *p = heap_alloc(100);
		test_fill(p, 'x', 100);
		if (align == 16) {
			ck_assert_ptr_null(heap_realloc(p, size));
			ck_assert(test_is_filled(p, 'x', 100));
		}
		heap_free(p);
	}
}
END_TEST

START_TEST(test_null_is_freed_and_has_no_size)
{
	heap_free(NULL);
	heap_free_sized(NULL, 100, 16);
	ck_assert_uint_eq(heap_usable_size(NULL), 0);
}
END_TEST

/* Reallocating. */

START_TEST(test_realloc_keeps_what_fits)
{
	const size_t from = sizes[_i];

	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		const size_t to = sizes[i] > 0 ? sizes[i] : 1;
		const size_t kept = from < to ? from : to;
		char *p = heap_alloc(from);
		test_fill(p, 'x', from);
		char *q = heap_realloc(p, to);
		ck_assert_ptr_nonnull(q);
		ck_assert_uint_ge(heap_usable_size(q), to);
		ck_assert(test_is_filled(q, 'x', kept));
		test_fill(q, 'y', to);
		heap_free(q);
	}
	test_assert_nothing_is_left();
}
END_TEST

START_TEST(test_realloc_within_the_class_stays)
{
	void *p = heap_alloc(100);

	ck_assert_ptr_eq(heap_realloc(p, 97), p);
	ck_assert_ptr_eq(heap_realloc(p, heap_usable_size(p)), p);
	ck_assert_ptr_ne(heap_realloc(p, 1000), p);
}
END_TEST

/* As a vector grows: by half, from small to large, twice. */
START_TEST(test_a_growing_object_keeps_its_contents)
{
	for (int round = 0; round < 2; round++) {
		size_t size = 16;
		uint32_t *p = heap_alloc(size), n = 0;
		while (size < 64 * TEST_MIB) {
			for (; n < size / sizeof(*p); n++)
				p[n] = n * 7;
			size += size / 2;
			size -= size % sizeof(*p);
			p = heap_realloc(p, size);
			ck_assert_ptr_nonnull(p);
		}
		for (uint32_t i = 0; i < n; i++)
			if (p[i] != i * 7)
				ck_abort_msg("word %u", i);
		heap_free(p);
	}
	test_assert_nothing_is_left();
}
END_TEST

/* Anything in any order, against a note of what each object holds. */

struct test_mixed {
	unsigned char *p;
	size_t size;
	int byte;
};

static uint32_t test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
		 UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* Small ones mostly, some of a few pages. */
static size_t test_random_size(uint64_t *seed)
{
	return (size_t)test_random(seed) % (1u << test_random(seed) % 19);
}

static void test_mixed_alloc(struct test_mixed *m, uint64_t *seed)
{
	m->size = test_random_size(seed);
	m->byte = (int)(test_random(seed) % 256);
	switch (test_random(seed) % 3) {
	case 0: m->p = heap_alloc(m->size); break;
	case 1:
		m->p = heap_alloc_zeroed(m->size);
		ck_assert(test_is_filled(m->p, 0, m->size));
		break;
	default:
		m->p = heap_alloc_aligned(
			m->size, (size_t)1 << test_random(seed) % 14);
	}
	ck_assert_ptr_nonnull(m->p);
	test_fill(m->p, m->byte, m->size);
}

static void test_mixed_realloc(struct test_mixed *m, uint64_t *seed)
{
	const size_t to = test_random_size(seed) + 1;
	const size_t kept = m->size < to ? m->size : to;

	m->p = heap_realloc(m->p, to);
	if (!test_is_filled(m->p, m->byte, kept))
		ck_abort_msg("realloc from %zu to %zu", m->size, to);
	m->size = to;
	test_fill(m->p, m->byte, to);
}

START_TEST(test_any_order_of_calls)
{
	static struct test_mixed mixed[TEST_NMIXED];
	uint64_t seed = 7;

	for (int step = 0; step < TEST_NSTEPS; step++) {
		struct test_mixed *m = &mixed[test_random(&seed) % TEST_NMIXED];
		if (m->p == NULL) {
			test_mixed_alloc(m, &seed);
		} else if (test_random(&seed) % 4 == 0) {
			test_mixed_realloc(m, &seed);
		} else {
			if (!test_is_filled(m->p, m->byte, m->size))
				ck_abort_msg("object of %zu bytes", m->size);
			heap_free(m->p);
			m->p = NULL;
		}
		if (test_random(&seed) % 5000 == 0)
			heap_trim();
	}
	for (int i = 0; i < TEST_NMIXED; i++)
		heap_free(mixed[i].p);
	test_assert_nothing_is_left();
}
END_TEST

/* Misuse: each call dies with the line, in which %#lx is the pointer. */

static char *victim; /* what the misuse is about */
static unsigned char foreign[64];

static void test_free_victim(void)
{
	heap_free(victim);
}

static void test_free_twice(void)
{
	heap_free(victim);
	heap_free(victim);
}

static void test_free_late(void)
{
	void *others[200];

	for (int i = 0; i < 200; i++)
		others[i] = heap_alloc(64);
	heap_free(victim);
	for (int i = 0; i < 200; i++)
		heap_free(others[i]);
	heap_free(victim);
}

static void test_realloc_freed(void)
{
	heap_free(victim);
	heap_realloc(victim, 10);
}

static void test_size_of_freed(void)
{
	heap_free(victim);
	heap_usable_size(victim);
}

static void test_realloc_victim(void)
{
	heap_realloc(victim, 10);
}

static void test_size_of_victim(void)
{
	heap_usable_size(victim);
}

static void test_free_as_ten(void)
{
	heap_free_sized(victim, 10, 0);
}

static void test_free_as_aligned(void)
{
	heap_free_sized(victim, 60, 4096);
}

/* Where the victim is: in an object of that many bytes, so many bytes in. */
static const struct test_misuse {
	const char *name;
	size_t size; /* 0: not from this heap at all */
	uintptr_t offset;
	void (*fn)(void);
	const char *line;
} misuses[] = {
	{"twice", 64, 0, test_free_twice,
		"double free of %#lx (size class 64)"},
	{"late", 64, 0, test_free_late, "double free of %#lx (size class 64)"},
	{"tiny_twice", 8, 0, test_free_twice,
		"double free of %#lx (size class 8)"},
	{"large_twice", 100000, 0, test_free_twice,
		"double free of %#lx (free span)"},
	{"interior", 64, 16, test_free_victim,
		"free of misaligned pointer %#lx (size class 64)"},
	{"odd", 64, 1, test_free_victim,
		"free of misaligned pointer %#lx (size class 64)"},
	{"large_interior", 100000, 8192, test_free_victim,
		"free of misaligned pointer %#lx (large, 106496 bytes)"},
	{"never_allocated", 64, 640, test_free_victim,
		"double free of %#lx (size class 64)"},
	{"foreign", 0, 0, test_free_victim,
		"free of pointer %#lx that is not from this heap"},
	{"realloc_freed", 64, 0, test_realloc_freed,
		"realloc of freed pointer %#lx (size class 64)"},
	{"realloc_interior", 64, 16, test_realloc_victim,
		"realloc of misaligned pointer %#lx (size class 64)"},
	{"realloc_foreign", 0, 0, test_realloc_victim,
		"realloc of pointer %#lx that is not from this heap"},
	{"size_of_freed", 64, 0, test_size_of_freed,
		"malloc_usable_size of freed pointer %#lx (size class 64)"},
	{"size_of_interior", 64, 16, test_size_of_victim,
		"malloc_usable_size of misaligned pointer %#lx "
		"(size class 64)"},
	{"size_of_foreign", 0, 0, test_size_of_victim,
		"malloc_usable_size of pointer %#lx that is not from this "
		"heap"},
	{"other_size", 64, 0, test_free_as_ten,
		"free_sized with size 10 of %#lx (size class 64)"},
	{"other_size_large", 100000, 0, test_free_as_ten,
		"free_sized with size 10 of %#lx (large, 106496 bytes)"},
	{"other_alignment", 64, 0, test_free_as_aligned,
		"free_sized with size 60 of %#lx (size class 64)"},
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void test_assert_misuse_dies(
	void (*fn)(void *), void *arg, const char *line)
{
	char expected[TEST_ROOM] = "goalloc: ";
	const size_t length = strlen(expected);

	snprintf(expected + length, sizeof(expected) - length, line,
		(unsigned long)(uintptr_t)victim);
	ck_assert_dies(fn, arg, expected);
}
#pragma GCC diagnostic pop

static void test_misuse(void *arg)
{
	const struct test_misuse *m = arg;

	m->fn();
}

START_TEST(test_misuse_dies_with_its_line)
{
	const struct test_misuse *m = &misuses[_i];

	heap_alloc(64); /* so that the victim's span does not become empty */
	heap_free(heap_alloc(64));
	victim = m->size > 0 ? heap_alloc(m->size) : (char *)foreign;
	victim += m->offset;
	test_assert_misuse_dies(test_misuse, (void *)(uintptr_t)m, m->line);
}
END_TEST

/* Addresses where nothing is. */
static const uintptr_t nowhere[] = {1, 8, 16, 4095, 4096, UINTPTR_MAX,
	UINTPTR_MAX - 4095, (uintptr_t)1 << 47, (uintptr_t)INTPTR_MIN};

static void test_free_address(void *p)
{
	heap_free(p);
}

START_TEST(test_freeing_an_address_without_memory_dies)
{
	heap_alloc(1);
	victim = (char *)nowhere[_i];
	test_assert_misuse_dies(test_free_address, victim,
		"free of pointer %#lx that is not from this heap");
}
END_TEST

static void heap_suite(TCase *tests)
{
	UNIT_TABLE(
		tests, test_an_object_is_aligned_and_as_large_as_asked, sizes);
	UNIT_TABLE(tests, test_zeroed_memory_is_zero, sizes);
	UNIT_TEST(tests, test_no_waste_beyond_the_class);
	UNIT_TEST(tests, test_free_sized_takes_what_is_older_than_the_options);
	UNIT_TEST(tests, test_tiny_objects_may_be_turned_off);
	UNIT_TABLE(tests, test_every_alignment_is_kept, sizes);
	UNIT_TABLE(
		tests, test_too_much_is_refused_and_the_heap_goes_on, too_much);
	UNIT_TEST(tests, test_null_is_freed_and_has_no_size);
	UNIT_TABLE(tests, test_realloc_keeps_what_fits, sizes);
	UNIT_TEST(tests, test_realloc_within_the_class_stays);
	UNIT_TEST(tests, test_a_growing_object_keeps_its_contents);
	UNIT_TEST(tests, test_any_order_of_calls);
	UNIT_TABLE(tests, test_misuse_dies_with_its_line, misuses);
	UNIT_TABLE(tests, test_freeing_an_address_without_memory_dies, nowhere);
}
UNIT_MAIN("heap", heap_suite)
