/*
 * mark_test: random graphs of objects, marked by one marker and by several,
 * against a plain reference that follows an adjacency list.
 */
#include "gc/mark.h"

#include "core/heap.h"
#include "core/large.h"
#include "core/mheap.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_NOBJECTS = SANITIZED ? 3000 : 20000,
	TEST_NEDGES = 2 * TEST_NOBJECTS,
	TEST_NROOTS = 40,
	TEST_NMARKERS = 4,
	TEST_LARGE_EVERY = 500, /* one object in so many is large */
	TEST_LARGE = 700 << 10, /* several steps of a marker */
};

/* An object of the graph. */
struct test_node {
	uintptr_t addr;
	size_t size;
	bool is_freed;
	bool is_reached;
	int first_edge;
};

struct test_edge {
	int to;
	int next;
};

static struct test_node nodes[TEST_NOBJECTS];
static struct test_edge edges[TEST_NEDGES];
static uintptr_t roots[TEST_NROOTS];
static int root_nodes[TEST_NROOTS];
static struct markpool pool = {.lock = LOCK_INIT(markpool)};
static uint64_t seed;

/* As a program does; mcaches.h knows no large objects. */
static void test_start_heap(void)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
}

static unsigned test_pick(unsigned n)
{
	return test_random(&seed) % n;
}

static struct objref test_ref(const struct test_node *n)
{
	return test_object_at((void *)n->addr);
}

static void test_make_node(struct mcache *c, int i)
{
	static const unsigned some[] = {1, 2, 3, 4, 6, 9, 17, 30, 50, 66};
	bool zeroed = false;

	if (i % TEST_LARGE_EVERY == 1) {
		void *p = large_alloc(TEST_LARGE, 16, &zeroed);
		ck_assert_ptr_nonnull(p);
		nodes[i] = (struct test_node){.addr = (uintptr_t)p};
	} else {
		const unsigned class = some[test_pick(UNIT_COUNT(some))];
		void *p = test_alloc(c, class);
		nodes[i] = (struct test_node){.addr = (uintptr_t)p};
	}
	nodes[i].size = mspan_elemsize(test_ref(&nodes[i]).span);
	nodes[i].first_edge = -1;
	memset((void *)nodes[i].addr, 0, nodes[i].size);
}

/* Any byte of the target: its first, mostly. */
static uintptr_t test_pointer_to(int to)
{
	if (test_pick(2) == 0)
		return nodes[to].addr;
	return nodes[to].addr + test_random(&seed) % nodes[to].size;
}

static void test_make_edge(int e, int from, int to)
{
	uintptr_t *words = (uintptr_t *)nodes[from].addr;
	const size_t at = test_random(&seed) % (nodes[from].size / 8);

	if (words[at] != 0)
		return;
	words[at] = test_pointer_to(to);
	edges[e] = (struct test_edge){to, nodes[from].first_edge};
	nodes[from].first_edge = e;
}

static void test_make_graph(struct mcache *c)
{
	for (int i = 0; i < TEST_NOBJECTS; i++)
		test_make_node(c, i);
	for (int e = 0; e < TEST_NEDGES; e++)
		test_make_edge(e, (int)test_pick(TEST_NOBJECTS),
			(int)test_pick(TEST_NOBJECTS));
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		nodes[i].is_freed = test_pick(10) == 0;
		if (nodes[i].is_freed)
			ck_assert(mspan_mark_remote(test_ref(&nodes[i])));
	}
	for (int i = 0; i < TEST_NROOTS; i++) {
		root_nodes[i] = (int)test_pick(TEST_NOBJECTS);
		roots[i] = test_pointer_to(root_nodes[i]);
		if (roots[i] == nodes[root_nodes[i]].addr)
			roots[i]++; /* else its neighbour is reached too */
	}
}

/* The reference. */
static void test_reach(int from)
{
	static int stack[TEST_NOBJECTS];
	int n = 0;

	if (nodes[from].is_reached)
		return;
	nodes[from].is_reached = true;
	stack[n++] = from;
	while (n > 0) {
		const struct test_node *node = &nodes[stack[--n]];
		if (node->is_freed)
			continue;
		for (int e = node->first_edge; e >= 0; e = edges[e].next) {
			if (nodes[edges[e].to].is_reached)
				continue;
			nodes[edges[e].to].is_reached = true;
			stack[n++] = edges[e].to;
		}
	}
}

static void test_compare(void)
{
	int nreached = 0;

	for (int i = 0; i < TEST_NROOTS; i++)
		test_reach(root_nodes[i]);
	for (int i = 0; i < TEST_NOBJECTS; i++) {
		nreached += nodes[i].is_reached;
		ck_assert_msg(mark_is_marked(test_ref(&nodes[i])) ==
				      nodes[i].is_reached,
			"object %d of %zu bytes: reached %d, marked %d", i,
			nodes[i].size, nodes[i].is_reached,
			!nodes[i].is_reached);
	}
	ck_assert_int_gt(nreached, TEST_NOBJECTS / 10);
	ck_assert_int_lt(nreached, TEST_NOBJECTS);
}

static void *test_marker(void *arg)
{
	static struct marker markers[TEST_NMARKERS];
	struct marker *m = &markers[(intptr_t)arg];

	thread_self()->busy = true;
	marker_join(m, &pool);
	mark_drain(m);
	marker_leave(m);
	return NULL;
}

static void test_mark_graph(int nhelpers)
{
	static struct marker m;
	pthread_t threads[TEST_NMARKERS];

	mark_prepare();
	marker_join(&m, &pool);
	for (intptr_t i = 0; i < nhelpers; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, test_marker,
					 (void *)i),
			0);
	mark_roots(&m, roots, TEST_NROOTS);
	mark_drain(&m);
	marker_leave(&m);
	for (int i = 0; i < nhelpers; i++)
		pthread_join(threads[i], NULL);
}

START_TEST(test_random_graphs)
{
	test_start_heap();
	seed = (uint64_t)_i + 1;
	struct mcache *c = mcache_acquire(true);
	test_make_graph(c);
	test_mark_graph(_i % (TEST_NMARKERS + 1));
	test_compare();
}
END_TEST

START_TEST(test_marking_twice_is_the_same)
{
	test_start_heap();
	seed = 99;
	struct mcache *c = mcache_acquire(true);
	test_make_graph(c);
	test_mark_graph(1);
	test_mark_graph(0);
	test_compare();
}
END_TEST

static struct marker marker;

static uintptr_t *test_object_of(struct mcache *c, size_t size)
{
	uintptr_t *p = test_alloc(c, sizeclass_of(size));

	memset(p, 0, size);
	return p;
}

START_TEST(test_new_objects_are_black)
{
	test_start_heap();
	struct mcache *c = mcache_acquire(true);
	test_object_of(c, 64);
	mark_prepare();
	for (size_t size = 8; size <= SMALL_MAX; size *= 2)
		ck_assert(mark_is_marked(
			test_object_at(test_object_of(c, size))));
	bool zeroed = false;
	ck_assert(mark_is_marked(
		test_object_at(large_alloc(100000, 16, &zeroed))));
}
END_TEST

START_TEST(test_what_was_written_is_read_again)
{
	test_start_heap();
	struct mcache *c = mcache_acquire(true);
	uintptr_t *root = test_object_of(c, 512);
	uintptr_t *old = test_object_of(c, 64), *late = test_object_of(c, 64);
	const uintptr_t words[] = {(uintptr_t)root + 1};

	root[3] = (uintptr_t)old;
	mark_prepare();
	marker_join(&marker, &pool);
	mark_roots(&marker, words, 1);
	mark_drain(&marker);
	ck_assert(mark_is_marked(test_object_at(old)));
	ck_assert(!mark_is_marked(test_object_at(late)));
	old[7] = (uintptr_t)late;
	const uintptr_t page = (uintptr_t)old & ~(uintptr_t)4095;
	mark_rescan(&marker, page, page + 4096);
	mark_drain(&marker);
	ck_assert(mark_is_marked(test_object_at(late)));
	marker_leave(&marker);
}
END_TEST

START_TEST(test_a_written_page_of_a_long_object)
{
	bool zeroed = false;

	test_start_heap();
	struct mcache *c = mcache_acquire(true);
	uintptr_t *large = large_alloc(TEST_LARGE, 16, &zeroed);
	uintptr_t *early = test_object_of(c, 64), *late = test_object_of(c, 64);
	const uintptr_t words[] = {(uintptr_t)large};

	mark_prepare();
	marker_join(&marker, &pool);
	mark_roots(&marker, words, 1);
	mark_drain(&marker);
	large[511] = (uintptr_t)early; /* in the first page: not told */
	large[512] = (uintptr_t)late;
	mark_rescan(&marker, (uintptr_t)&large[512], (uintptr_t)&large[1024]);
	mark_drain(&marker);
	ck_assert(!mark_is_marked(test_object_at(early)));
	ck_assert(mark_is_marked(test_object_at(late)));
	marker_leave(&marker);
}
END_TEST

/* White and freed objects are not read for their page's sake. */
START_TEST(test_a_rescan_reads_marked_objects_only)
{
	test_start_heap();
	struct mcache *c = mcache_acquire(true);
	uintptr_t *white = test_object_of(c, 64),
		  *freed = test_object_of(c, 64);
	uintptr_t *a = test_object_of(c, 128), *b = test_object_of(c, 128);
	const uintptr_t words[] = {(uintptr_t)freed + 1};

	white[0] = (uintptr_t)a;
	freed[0] = (uintptr_t)b;
	ck_assert(mspan_mark_remote(test_object_at(freed)));
	mark_prepare();
	marker_join(&marker, &pool);
	mark_roots(&marker, words, 1);
	mark_rescan(&marker, 0, UINTPTR_MAX);
	mark_drain(&marker);
	ck_assert(mark_is_marked(test_object_at(freed)));
	ck_assert(!mark_is_marked(test_object_at(white)));
	ck_assert(!mark_is_marked(test_object_at(a)));
	ck_assert(!mark_is_marked(test_object_at(b)));
	marker_leave(&marker);
}
END_TEST

START_TEST(test_a_share_of_the_work)
{
	test_start_heap();
	seed = 7;
	struct mcache *c = mcache_acquire(true);
	test_make_graph(c);
	mark_prepare();
	marker_join(&marker, &pool);
	mark_roots(&marker, roots, TEST_NROOTS);
	int nsteps = 0;
	do {
		const uint64_t before = marker.scanned_bytes;
		while (mark_some(&marker, 10000))
			nsteps++;
		ck_assert_uint_ge(marker.scanned_bytes, before);
	} while (marker.ncandidates > 0);
	ck_assert_int_gt(nsteps, 10);
	marker_leave(&marker);
	test_compare();
}
END_TEST

static void mark_suite(TCase *tests)
{
	tcase_add_loop_test(tests, test_random_graphs, 0, 15);
	UNIT_TEST(tests, test_marking_twice_is_the_same);
	UNIT_TEST(tests, test_new_objects_are_black);
	UNIT_TEST(tests, test_what_was_written_is_read_again);
	UNIT_TEST(tests, test_a_written_page_of_a_long_object);
	UNIT_TEST(tests, test_a_rescan_reads_marked_objects_only);
	UNIT_TEST(tests, test_a_share_of_the_work);
}

UNIT_MAIN("mark", mark_suite)
