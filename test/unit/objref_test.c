/*
 * objref_test: which object a word means, for every word around a span.
 *
 * A drawing is a span's objects, '#' allocated, '.' free, 'r' freed by a
 * stranger and not collected; what lies behind them is the tail.
 */
#include "gc/objref.h"

#include "core/lock.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/thread.h"
#include "test/unit/unit.h"

enum { TEST_NONE = -1 };

static void test_start(void)
{
	os_init();
	thread_self()->busy = true;
	lock(&mheap.lock);
	ck_assert(mheap_init());
	unlock(&mheap.lock);
}

static struct mspan *test_span_of_class(unsigned class)
{
	const struct size_class *k = &sizeclass_table[class];
	const struct span_shape shape = {
		class, k->nelems_first, k->npages_first, 1, false};
	bool zeroed = false;

	struct mspan *s = mheap_alloc_span(&shape, &zeroed);
	ck_assert_ptr_nonnull(s);
	return s;
}

static void test_draw(struct mspan *s, const char *objects)
{
	for (unsigned i = 0; objects[i] != '\0'; i++) {
		if (objects[i] == '.')
			continue;
		store_relaxed(&s->states[i], OBJECT_LIVE);
		if (objects[i] == 'r')
			mspan_mark_remote((struct objref){s, i});
	}
}

static int test_index(struct objref o, const struct mspan *s)
{
	if (o.span == NULL)
		return TEST_NONE;
	ck_assert_ptr_eq(o.span, s);
	return (int)o.index;
}

/* Every byte of every slot. */
START_TEST(test_every_class_every_byte)
{
	const unsigned class = (unsigned)_i + 1;

	test_start();
	struct mspan *s = test_span_of_class(class);
	test_draw(s, "#.#");
	const size_t size = mspan_elemsize(s);
	const size_t bytes = (size_t)s->npages << GO_PAGE_SHIFT;
	for (size_t at = 0; at < bytes; at++) {
		const size_t slot = at / size;
		const bool live = (slot == 0 || slot == 2) && slot < s->nelems;
		const struct word w = {s->base + at};
		const int found = test_index(objref_resolve(w), s);
		/* Check's own assertions cost more than what they check. */
		if (found != (live ? (int)slot : TEST_NONE))
			ck_abort_msg("byte %zu of %zu: %d", at, size, found);
	}
	ck_assert_int_eq(
		test_index(objref_resolve((struct word){s->base - 1}), s),
		TEST_NONE);
	ck_assert_int_eq(
		test_index(objref_resolve((struct word){s->base + bytes}), s),
		TEST_NONE);
}
END_TEST

static const struct {
	const char *name;
	const char *objects;
	int slot;   /* the word points to its start ... */
	int offset; /* ... and so many bytes further */
	int resolves;
} cases[] = {
	{"start", "##", 1, 0, 1},
	{"interior", "##", 1, 1, 1},
	{"last_byte", "##", 0, 63, 0},
	{"start_of_free", "#.#", 1, 0, TEST_NONE},
	{"inside_free", "#.#", 1, 8, TEST_NONE},
	{"start_after_free", "#.#", 2, 0, 2},
	{"freed_by_stranger", "#r#", 1, 5, 1},
};

START_TEST(test_ends_and_edges)
{
	test_start();
	struct mspan *s = test_span_of_class(sizeclass_of(64));
	test_draw(s, cases[_i].objects);
	const struct word w = {s->base + (size_t)cases[_i].slot * 64 +
			       (size_t)cases[_i].offset};
	ck_assert_msg(test_index(objref_resolve(w), s) == cases[_i].resolves,
		"%s", cases[_i].name);
}
END_TEST

START_TEST(test_large_objects)
{
	const struct span_shape shape = {0, 1, 700, 1, false};
	bool zeroed = false;

	test_start();
	struct mspan *s = mheap_alloc_span(&shape, &zeroed);
	const size_t size = mspan_elemsize(s);
	ck_assert_ptr_null(objref_resolve((struct word){s->base}).span);
	store_relaxed(&s->states[0], OBJECT_LIVE);
	for (size_t at = 0; at < size; at += 4093)
		ck_assert_int_eq(
			test_index(
				objref_resolve((struct word){s->base + at}), s),
			0);
}
END_TEST

static const uintptr_t nowhere[] = {0, 1, 8, 4096, UINTPTR_MAX, UINTPTR_MAX - 7,
	UINT64_C(1) << 63, UINT64_C(0xc0) << 32, UINT64_C(0x3ff0000000000000)};

START_TEST(test_words_that_mean_nothing)
{
	test_start();
	ck_assert_ptr_null(objref_resolve((struct word){nowhere[_i]}).span);
}
END_TEST

static void objref_suite(TCase *tests)
{
	tcase_add_loop_test(
		tests, test_every_class_every_byte, 0, NCLASSES - 1);
	UNIT_TABLE(tests, test_ends_and_edges, cases);
	UNIT_TEST(tests, test_large_objects);
	UNIT_TABLE(tests, test_words_that_mean_nothing, nowhere);
}

UNIT_MAIN("objref", objref_suite)
