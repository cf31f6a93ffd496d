/*
 * mcache_edge_test: a program that frees and allocates at a span's edge does
 * not make spans come and go.
 */
#include <stdint.h>

#include "core/heap.h"
#include "core/mheap.h"
#include "test/unit/unit.h"

enum {
	TEST_NSPANS = 3, /* of which the last is the current one */
	TEST_NOBJECTS = 3 * 128,
};

/* Object sizes: few objects in a first span, and many. */
static const size_t sizes[] = {12288, 6144, 1024, 64};

/* Fills spans until the class has TEST_NSPANS; how many objects that took. */
static unsigned test_fill_spans(void **objects, size_t size)
{
	const size_t before = mheap.nspans;
	unsigned n = 0;

	while (mheap.nspans < before + TEST_NSPANS && n < TEST_NOBJECTS) {
		objects[n] = heap_alloc(size);
		ck_assert_ptr_nonnull(objects[n++]);
	}
	ck_assert_uint_eq(mheap.nspans, before + TEST_NSPANS);
	return n;
}

/* What this thread keeps of the class goes back to its spans. */
static void test_flush_own(unsigned class)
{
	struct thread *t = thread_self();

	thread_enter(t);
	lock(&t->own->lock);
	mcache_flush_locked(t->own, class);
	unlock(&t->own->lock);
	thread_leave(t);
}

START_TEST(test_the_only_span_with_room_stays)
{
	static void *objects[TEST_NOBJECTS];
	const size_t size = sizes[_i];
	const unsigned n = test_fill_spans(objects, size);
	const unsigned class = sizeclass_of(size);
	const unsigned nelems = sizeclass_table[class].nelems_first;
	const size_t nspans = mheap.nspans;

	for (unsigned i = 0; i < nelems; i++) /* all of the first span's */
		heap_free(objects[i]);
	test_flush_own(class);
	ck_assert_uint_eq(mheap.nspans, nspans);
	for (unsigned i = nelems; i < 2 * nelems; i++) /* and the second's */
		heap_free(objects[i]);
	test_flush_own(class);
	ck_assert_uint_eq(mheap.nspans, nspans - 1);

	for (unsigned i = 2 * nelems; i < n; i++)
		heap_free(objects[i]);
	heap_trim();
	ck_assert_uint_eq(mheap.nspans, 0);
}
END_TEST

static void mcache_edge_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_the_only_span_with_room_stays, sizes);
}
UNIT_MAIN("mcache_edge", mcache_edge_suite)
