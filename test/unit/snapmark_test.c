/*
 * snapmark_test: a child marks the heap as it was; what it has found is marked
 * here, beside what the program has done since.
 */
#include "core/heap.h"
#include "core/large.h"
#include "core/mheap.h"
#include "gc/mark.h"
#include "gc/peek.h"
#include "gc/snapmark.h"
#include "test/unit/mcaches.h"

enum {
	TEST_NNODES = 500, /* of each of two lists */
	TEST_LARGE = 200 << 10,
	TEST_MS = 10000,
	TEST_LATE_MS = 50,
};

/* Lists of objects of many sizes; the first words are their links. */
static uintptr_t *kept[TEST_NNODES], *lost[TEST_NNODES];
static struct markpool pool = {.lock = LOCK_INIT(markpool)};
static struct marker marker;
static uint64_t figures[SNAPMARK_NFIGURES];

static uintptr_t *test_new(struct mcache *c, int i)
{
	static const unsigned classes[] = {2, 3, 5, 9, 20, 40};
	bool zeroed = false;
	uintptr_t *p = i % 50 == 7 ? large_alloc(TEST_LARGE, 16, &zeroed)
				   : test_alloc(c, classes[i % 6]);

	ck_assert_ptr_nonnull(p);
	p[0] = p[1] = 0;
	return p;
}

static void test_make_lists(struct mcache *c)
{
	for (int i = 0; i < TEST_NNODES; i++) {
		kept[i] = test_new(c, i);
		lost[i] = test_new(c, i + 3);
		if (i > 0) {
			kept[i - 1][1] = (uintptr_t)kept[i];
			lost[i - 1][1] = (uintptr_t)lost[i];
		}
	}
}

static struct mcache *test_begin(void)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
	ck_assert(peek_open());
	struct mcache *c = mcache_acquire(true);
	test_make_lists(c);
	mheap_hold_spans(true);
	mark_prepare();
	return c;
}

/* A snapmark_fn: marks what the first of the list leads to. */
static bool child_marks(uint64_t out[SNAPMARK_NFIGURES], void *arg)
{
	marker_join(&marker, &pool);
	mark_roots(&marker, arg, 1);
	mark_drain(&marker);
	out[0] = marker.nobjects;
	out[SNAPMARK_NFIGURES - 1] = 77;
	return true;
}

static bool child_fails(uint64_t out[SNAPMARK_NFIGURES], void *arg)
{
	child_marks(out, arg);
	return false;
}

static bool child_hangs(uint64_t out[SNAPMARK_NFIGURES], void *arg)
{
	while (child_marks(out, arg))
		pause();
	return true;
}

static size_t test_count_marked(uintptr_t *const *list)
{
	size_t n = 0;

	for (int i = 0; i < TEST_NNODES; i++)
		n += mark_is_marked(test_object_at(list[i]));
	return n;
}

START_TEST(test_the_heap_is_marked_as_it_was)
{
	struct mcache *c = test_begin();
	uintptr_t root = (uintptr_t)kept[0];

	ck_assert(snapmark_take(child_marks, &root));
	ck_assert_uint_eq(test_count_marked(kept), 0);
	/* The program goes on: cuts the list, allocates in old and new spans.
	 */
	root = 0;
	kept[0][1] = 0;
	uintptr_t *fresh[TEST_NNODES];
	for (int i = 0; i < TEST_NNODES; i++)
		fresh[i] = test_new(c, i);
	ck_assert(snapmark_finish(TEST_MS, figures));
	ck_assert_uint_eq(test_count_marked(kept), TEST_NNODES);
	ck_assert_uint_eq(test_count_marked(lost), 0);
	ck_assert_uint_eq(test_count_marked(fresh), TEST_NNODES);
	ck_assert_uint_eq(figures[0], TEST_NNODES);
	ck_assert_uint_eq(figures[SNAPMARK_NFIGURES - 1], 77);
}
END_TEST

/* What is marked before the copy is made, and waits, is read there. */
START_TEST(test_what_waits_is_marked_in_the_child)
{
	test_begin();
	uintptr_t none = 0;
	const uintptr_t root = (uintptr_t)kept[0];

	marker_join(&marker, &pool);
	mark_roots(&marker, &root, 1);
	mark_rescan(&marker, root, root + 16);
	marker_leave(&marker);
	ck_assert(snapmark_take(child_marks, &none));
	ck_assert(snapmark_finish(TEST_MS, figures));
	ck_assert_uint_eq(test_count_marked(kept), TEST_NNODES);
	ck_assert_uint_eq(test_count_marked(lost), 0);
}
END_TEST

static const struct {
	const char *name;
	snapmark_fn *fn;
	uint32_t ms;
} failures[] = {
	{"fails", child_fails, TEST_MS},
	{"hangs", child_hangs, TEST_LATE_MS},
};

START_TEST(test_a_failure_marks_nothing)
{
	test_begin();
	uintptr_t root = (uintptr_t)kept[0];

	figures[0] = 5;
	ck_assert(snapmark_take(failures[_i].fn, &root));
	ck_assert(!snapmark_finish(failures[_i].ms, figures));
	ck_assert_uint_eq(figures[0], 5);
	ck_assert_uint_eq(test_count_marked(kept), 0);
	ck_assert(snapmark_take(child_marks, &root));
	ck_assert(snapmark_finish(TEST_MS, figures));
	ck_assert_uint_eq(test_count_marked(kept), TEST_NNODES);
}
END_TEST

START_TEST(test_a_forked_program_takes_its_own)
{
	test_begin();
	uintptr_t root = (uintptr_t)kept[0];

	ck_assert(snapmark_take(child_hangs, &root));
	const pid_t child = fork();
	if (child == 0) {
		snapmark_after_fork();
		_exit(snapmark_take(child_marks, &root) &&
					snapmark_finish(TEST_MS, figures) &&
					test_count_marked(kept) == TEST_NNODES
				? 0
				: 1);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(!snapmark_finish(TEST_LATE_MS, figures));
	ck_assert_uint_eq(test_count_marked(kept), 0);
}
END_TEST

static void snapmark_suite(TCase *tests)
{
	UNIT_TEST(tests, test_the_heap_is_marked_as_it_was);
	UNIT_TEST(tests, test_what_waits_is_marked_in_the_child);
	UNIT_TABLE(tests, test_a_failure_marks_nothing, failures);
	UNIT_TEST(tests, test_a_forked_program_takes_its_own);
}
UNIT_MAIN("snapmark", snapmark_suite)
