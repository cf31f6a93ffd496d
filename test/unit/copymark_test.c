/*
 * copymark_test: a mark of a copy finds every root as it was at the stop, also
 * where a child of fork does not see it, whatever the program does meanwhile.
 */
#include <sys/mman.h>

#include "core/heap.h"
#include "core/mheap.h"
#include "gc/copymark.h"
#include "gc/peek.h"
#include "test/unit/mcaches.h"

enum { TEST_SIZE = 4096 };

/* A kind of memory, and what a collector knows of it. */
static const struct {
	const char *name;
	enum root_kind kind;
	int flags;
	int advice;
} places[] = {
	{"private", ROOT_PRIVATE, MAP_PRIVATE, 0},
	{"shared", ROOT_SHARED, MAP_SHARED, 0},
	{"not inherited", ROOT_PRIVATE, MAP_PRIVATE, MADV_DONTFORK},
	{"inherited empty", ROOT_PRIVATE, MAP_PRIVATE, MADV_WIPEONFORK},
};

enum { TEST_NPLACES = UNIT_COUNT(places) };

static struct markpool pool = {.lock = LOCK_INIT(markpool)};
static struct marker marker;
static uintptr_t *words[TEST_NPLACES];         /* the memory of each place */
static uintptr_t *chains[TEST_NPLACES + 1][2]; /* an object and what it has */
static struct root_range ranges[TEST_NPLACES];
static const struct roots roots = {ranges, TEST_NPLACES, TEST_NPLACES};

static uintptr_t *test_new(struct mcache *c)
{
	uintptr_t *p = test_alloc(c, sizeclass_of(64));

	memset(p, 0, 64);
	return p;
}

static void test_make(struct mcache *c)
{
	for (int i = 0; i <= TEST_NPLACES; i++) {
		chains[i][0] = test_new(c);
		chains[i][1] = test_new(c);
		chains[i][0][3] = (uintptr_t)chains[i][1];
	}
	for (int i = 0; i < TEST_NPLACES; i++) {
		/* Apart from each other, so that each is a mapping. */
		char *p = mmap(NULL, 3 * TEST_SIZE, PROT_NONE,
			places[i].flags | MAP_ANONYMOUS, -1, 0);
		ck_assert_ptr_ne(p, MAP_FAILED);
		p += TEST_SIZE;
		mprotect(p, TEST_SIZE, PROT_READ | PROT_WRITE);
		if (places[i].advice != 0)
			ck_assert_int_eq(
				madvise(p, TEST_SIZE, places[i].advice), 0);
		words[i] = (uintptr_t *)(void *)p;
		words[i][5] = (uintptr_t)chains[i][0];
		ranges[i] = (struct root_range){
			(uintptr_t)p, (uintptr_t)p + TEST_SIZE, places[i].kind};
	}
}

static size_t test_count(int i)
{
	return (size_t)mark_is_marked(test_object_at(chains[i][0])) +
	       (size_t)mark_is_marked(test_object_at(chains[i][1]));
}

static struct mcache *test_begin(void)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
	ck_assert(peek_open());
	struct mcache *c = mcache_acquire(true);
	test_make(c);
	mheap_hold_spans(true);
	mark_prepare();
	marker_join(&marker, &pool);
	return c;
}

START_TEST(test_roots_of_all_kinds)
{
	struct copymark k = {&marker, &roots, 0};

	test_begin();
	ck_assert(copymark_take(&k));
	/* The program goes on: the pointers are gone everywhere. */
	for (int i = 0; i < TEST_NPLACES; i++) {
		words[i][5] = 0;
		chains[i][0][3] = 0;
	}
	ck_assert(copymark_finish(&k));
	for (int i = 0; i < TEST_NPLACES; i++)
		ck_assert_msg(test_count(i) == 2, "%s: %zu of 2 marked",
			places[i].name, test_count(i));
	ck_assert_uint_eq(test_count(TEST_NPLACES), 0);
	ck_assert_uint_ge(marker.marked_bytes, 2 * TEST_NPLACES * 64);
	/* The child's part and the parent's, each page that there is. */
	ck_assert_uint_ge(k.globals, TEST_NPLACES * TEST_SIZE);
	ck_assert_uint_gt(marker.scanned_bytes, k.globals);
}
END_TEST

/* What the roots of threads led to waits in the marker, for the child. */
START_TEST(test_what_waits_goes_to_the_child)
{
	struct copymark k = {&marker, &roots, 0};

	test_begin();
	const uintptr_t word = (uintptr_t)chains[TEST_NPLACES][0];
	mark_roots(&marker, &word, 1);
	ck_assert(copymark_take(&k));
	mark_drain(&marker);
	ck_assert_uint_le(test_count(TEST_NPLACES), 1);
	ck_assert(copymark_finish(&k));
	ck_assert_uint_eq(test_count(TEST_NPLACES), 2);
}
END_TEST

static void copymark_suite(TCase *tests)
{
	UNIT_TEST(tests, test_roots_of_all_kinds);
	UNIT_TEST(tests, test_what_waits_goes_to_the_child);
}
UNIT_MAIN("copymark", copymark_suite)
