/*
 * statspage_test: what a reader outside finds is what the heap says of itself,
 * and never half of a change.
 */
#include "core/statspage.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/heap.h"
#include "core/mcache.h"
#include "core/mheap.h"
#include "core/stats.h"
#include "core/thread.h"
#include "test/unit/unit.h"

enum {
	TEST_NOBJECTS = 1000,
	TEST_LARGE_PAGES = 5,
	TEST_LARGE = TEST_LARGE_PAGES << GO_PAGE_SHIFT,
	TEST_NREADS = SANITIZED ? 2000 : 200000,
	TEST_NLARGE = 3,
};

START_TEST(test_the_page_names_itself)
{
	ck_assert_str_eq(statspage.magic, "goalloc: stats\n");
	ck_assert_uint_eq(statspage.self, (uintptr_t)&statspage);
	ck_assert_uint_eq(statspage.self % STATSPAGE_ALIGN, 0);
	ck_assert_uint_eq(statspage.version, STATSPAGE_VERSION);
	ck_assert_uint_eq(statspage.bytes, sizeof statspage);
	ck_assert_uint_eq(statspage.heap.nspans, 0);
}
END_TEST

static void test_assert_as_counted(void)
{
	const struct statspage_heap *h = &statspage.heap;
	struct heap_stats s;

	heap_stats_read(&s);
	ck_assert_uint_eq(statspage.heap_seq % 2, 0);
	ck_assert_uint_eq(h->reserved, s.heap_sys);
	ck_assert_uint_eq(h->committed, s.heap_committed);
	ck_assert_uint_eq(h->idle + h->purged, s.heap_idle);
	ck_assert_uint_eq(h->released + h->purged, s.heap_released);
	ck_assert_uint_eq(h->committed - h->idle - h->purged, s.heap_inuse);
	ck_assert_uint_eq(h->large_bytes, s.large_bytes);
	ck_assert_uint_eq(h->large_count, s.large_count);
	ck_assert_uint_eq(h->large_mallocs, s.by_size[0].mallocs);
	ck_assert_uint_eq(h->nspans, s.nspans);
	ck_assert_uint_eq(h->meta_inuse, s.mspan_inuse);
	ck_assert_uint_eq(h->map_sys, s.heapmap_sys);
	ck_assert_uint_eq(h->released_total, s.released_total);
}

START_TEST(test_the_heap_is_as_counted_after_each_kind_of_change)
{
	void *small[TEST_NOBJECTS];
	uint64_t seq = statspage.heap_seq;

	for (size_t i = 0; i < TEST_NOBJECTS; i++)
		small[i] = heap_alloc(100);
	test_assert_as_counted();
	ck_assert_uint_gt(statspage.heap_seq, seq);
	void *large = heap_alloc(TEST_LARGE);
	test_assert_as_counted();
	ck_assert_uint_eq(statspage.heap.large_bytes, TEST_LARGE);
	large = heap_realloc(large, TEST_LARGE * 2);
	test_assert_as_counted();
	large = heap_realloc(large, TEST_LARGE);
	test_assert_as_counted();
	heap_free(large);
	test_assert_as_counted();
	for (size_t i = 0; i < TEST_NOBJECTS; i++)
		heap_free(small[i]);
	heap_trim();
	test_assert_as_counted();
	ck_assert_uint_eq(statspage.heap.nspans, 0);
	ck_assert_uint_eq(statspage.heap.idle, statspage.heap.released);
}
END_TEST

static uint64_t test_get(uint64_t addr, unsigned bytes)
{
	uint64_t v = 0;

	memcpy(&v, (const void *)(uintptr_t)addr, bytes);
	return v;
}

/* Live objects of the span whose descriptor is at d, by the layout alone. */
static uint64_t test_count_live(
	const struct statspage_layout *l, uint64_t d, uint64_t *bytes)
{
	uint64_t class = test_get(d + l->mspan_class, 1), live = 0;
	uint64_t nelems = test_get(d + l->mspan_nelems, 2);
	uint64_t size = test_get(
		l->classes + class * l->class_stride + l->class_size, 4);
	uint64_t remote = d + 64 * test_get(d + l->mspan_remote, 1);

	for (uint64_t i = 0; i < nelems; i++)
		live += (test_get(d + l->mspan_states + i, 1) & 1) != 0 &&
			(test_get(remote + l->remote_bits + i / 8, 1) >> i % 8 &
				1) == 0;
	if (class == 0)
		size = test_get(d + l->mspan_npages, 4) << l->page_shift;
	*bytes += live * size;
	return live;
}

/* Between mheap_alloc_span and the first store to its object. */
START_TEST(test_a_large_object_is_counted_when_it_lives)
{
	const struct span_shape shape = {
		.nelems = 1, .npages = TEST_LARGE_PAGES, .align = 1};
	struct thread *t = thread_self();
	struct heap_stats s;
	bool zeroed;

	heap_free(heap_alloc(1));
	thread_enter(t);
	ck_assert_ptr_nonnull(mheap_alloc_span(&shape, &zeroed));
	thread_leave(t);
	heap_stats_read(&s);
	ck_assert_uint_le(s.large_bytes, s.alloc_bytes);
	ck_assert_uint_eq(s.large_count, 0);
	ck_assert_uint_eq(s.heap_objects, 0);
}
END_TEST

START_TEST(test_what_a_large_object_grows_by_was_handed_out)
{
	struct heap_stats before, s;

	heap_free(heap_alloc(TEST_LARGE * 4)); /* room to grow into */
	heap_stats_read(&before);
	void *p = heap_alloc(TEST_LARGE);
	ck_assert_ptr_eq(heap_realloc(p, TEST_LARGE * 2), p);
	ck_assert_ptr_eq(heap_realloc(p, TEST_LARGE), p);
	heap_stats_read(&s);
	ck_assert_uint_eq(
		s.total_alloc_bytes - before.total_alloc_bytes, TEST_LARGE * 2);
	heap_free(p);
}
END_TEST

START_TEST(test_the_layout_leads_to_every_live_object)
{
	const struct statspage_layout *l = &statspage.layout;
	uint64_t live = 0, bytes = 0, last = 0;
	struct heap_stats s;

	for (size_t i = 0; i < TEST_NOBJECTS; i++) {
		void *p = heap_alloc(i * 50);
		if (i % 3 == 0)
			heap_free(p);
	}
	heap_stats_read(&s);
	uint64_t size = test_get(l->heapmap + l->heapmap_size, 8);
	uint64_t spans = test_get(l->heapmap + l->heapmap_spans, 8);
	for (uint64_t i = 0; i < size >> l->page_shift; i++) {
		uint64_t d = test_get(spans + i * 8, 8);
		if (d != 0 && d != last)
			live += test_count_live(l, d, &bytes);
		last = d;
	}
	ck_assert_uint_eq(live, s.heap_objects);
	ck_assert_uint_eq(bytes, s.alloc_bytes);
	ck_assert_uint_eq(
		test_get(l->mcaches + l->mcaches_ninuse, 8), s.nthreads);
}
END_TEST

static void test_copy(void *to, void *from, size_t size)
{
	struct iovec here = {to, size}, there = {from, size};

	ck_assert_int_eq(
		process_vm_readv(getpid(), &here, 1, &there, 1, 0), size);
}

/*
 * Copies the page's heap the way another process does: in three calls, since
 * one copies its bytes in any order.
 */
static bool test_read_heap(struct statspage_heap *heap)
{
	uint64_t before, after;

	test_copy(&before, &statspage.heap_seq, sizeof before);
	test_copy(heap, &statspage.heap, sizeof *heap);
	test_copy(&after, &statspage.heap_seq, sizeof after);
	return before == after && after % 2 == 0;
}

static bool stop;

static void *test_churn(void *unused)
{
	while (!load_relaxed(&stop)) {
		void *p[TEST_NLARGE];
		for (int i = 0; i < TEST_NLARGE; i++)
			p[i] = heap_alloc(TEST_LARGE);
		for (int i = 0; i < TEST_NLARGE; i++)
			heap_free(p[i]);
	}
	return unused;
}

START_TEST(test_a_reader_sees_no_half_change)
{
	struct statspage_heap h;
	pthread_t thread;
	int nseen = 0;

	heap_free(heap_alloc(TEST_LARGE)); /* the map has its size */
	ck_assert_int_eq(pthread_create(&thread, NULL, test_churn, NULL), 0);
	for (int i = 0; i < TEST_NREADS; i++) {
		if (!test_read_heap(&h))
			continue;
		nseen += h.large_count > 0;
		ck_assert_uint_eq(h.large_bytes, h.large_count * TEST_LARGE);
		ck_assert_uint_eq(h.large_total, h.large_mallocs * TEST_LARGE);
		ck_assert_uint_le(h.released, h.idle);
		ck_assert_uint_le(h.idle + h.large_bytes, h.committed);
	}
	store_relaxed(&stop, true);
	pthread_join(thread, NULL);
	ck_assert_int_gt(nseen, 0);
}
END_TEST

START_TEST(test_the_collectors_figures_are_published)
{
	const struct statspage_gc gc = {.enabled = 1,
		.phase = STATSPAGE_GC_MARK,
		.ncycles = 7,
		.percent = -1,
		.barrier = 3};
	uint64_t seq = statspage.gc_seq;

	statspage_set_gc(&gc);
	ck_assert_uint_eq(statspage.gc_seq, seq + 2);
	ck_assert_mem_eq(&statspage.gc, &gc, sizeof gc);
}
END_TEST

static void statspage_suite(TCase *tests)
{
	UNIT_TEST(tests, test_the_page_names_itself);
	UNIT_TEST(tests, test_the_heap_is_as_counted_after_each_kind_of_change);
	UNIT_TEST(tests, test_a_large_object_is_counted_when_it_lives);
	UNIT_TEST(tests, test_what_a_large_object_grows_by_was_handed_out);
	UNIT_TEST(tests, test_the_layout_leads_to_every_live_object);
	UNIT_TEST(tests, test_a_reader_sees_no_half_change);
	UNIT_TEST(tests, test_the_collectors_figures_are_published);
}
UNIT_MAIN("statspage", statspage_suite)
