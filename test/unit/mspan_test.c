/*
 * mspan_test: the life of a span's bits, and when a list has to change.
 */
#include "core/mcache.h"
#include "core/mspan.h"

#include <stdint.h>

#include "core/bits.h"
#include "core/os.h"
#include "test/unit/spans.h"
#include "test/unit/unit.h"

enum {
	TEST_ROOM = 512,
};

/* Shape. */

/* Strangers with a stale pointer use remote_line: it depends on nlines only. */
START_TEST(test_the_struct_holds_its_bits)
{
	uint8_t remote_line_of[FIXALLOC_MAX_LINES + 1] = {0};

	for (unsigned n = 1; n <= MAX_NELEMS; n++) {
		struct mspan *s = test_span(0, n, 1);
		const size_t bits = s->nwords * sizeof(uint64_t);
		const size_t remote = s->remote_line * 64u;
		const uintptr_t marks = (uintptr_t)mspan_marks(s);
		const size_t end = s->nlines * 64u;

		ck_assert_uint_ge(s->nwords * 64u, n);
		ck_assert_uint_le(s->nlines, FIXALLOC_MAX_LINES);
		ck_assert_uint_le(
			offsetof(struct mspan, states) + s->nwords * 64u,
			remote);
		ck_assert_uint_le(
			remote + offsetof(struct mspan_remote, bits) + bits,
			marks - (uintptr_t)s);
		ck_assert_uint_eq(marks % 64, 0);
		ck_assert_uint_le(marks + bits, (uintptr_t)s + end);
		for (unsigned w = 0; w < s->nwords; w++)
			ck_assert_uint_eq(mspan_marks(s)[w], UINT64_MAX);
		if (remote_line_of[s->nlines] == 0)
			remote_line_of[s->nlines] = s->remote_line;
		ck_assert_uint_eq(s->remote_line, remote_line_of[s->nlines]);
	}
}
END_TEST

static void test_a_new_span_is_empty_and_nobodys_in(unsigned class)
{
	struct mspan *s;

	memset(test_memory, 0xff, sizeof(test_memory));
	s = test_span_of(class);
	mspan_verify(s);
	ck_assert_uint_eq(mspan_count_allocated(s), 0);
	ck_assert_ptr_eq(s->owner, &mcache_none);
	ck_assert_uint_eq(s->list, MSPAN_UNLISTED);
	ck_assert(mspan_all_freed_remotely(s));
	ck_assert_uint_eq(mspan_collect_remote(s), 0);
	ck_assert_uint_eq(mspan_remote(s)->handoff,
		class == 0 ? HANDOFF_LARGE : HANDOFF_DEAD);
	ck_assert_uint_eq(
		mspan_elemsize(s), class == 0 ? GO_PAGE_SIZE * s->npages
					      : sizeclass_table[class].size);
}

START_TEST(test_a_new_span_is_empty_and_nobodys)
{
	for (unsigned class = 0; class < NCLASSES; class ++)
		test_a_new_span_is_empty_and_nobodys_in(class);
}
END_TEST

START_TEST(test_objects_are_counted)
{
	const struct test_drawing *d = &drawings[_i];

	/* Within a word, across its edge, at a later word. */
	for (unsigned first = 0; first < 200; first += 20) {
		struct mspan *s = test_draw(d->objects, first);
		ck_assert_uint_eq(mspan_count_allocated(s), d->nallocated);
		ck_assert(mspan_all_freed_remotely(s) == d->all_remote);
		mspan_verify(s);
	}
}
END_TEST

/* Freeing by the owner. */

static void test_every_object_is_freed_once_and_only_at_its_start_in(
	unsigned class)
{
	struct mspan *s = test_span_of(class);
	const size_t size = mspan_elemsize(s);

	test_take_first(s, s->nelems);
	for (unsigned i = 0; i < s->nelems; i++) {
		const uintptr_t p = test_address(s, i);
		ck_assert(!mspan_free_by_owner(s, p + 1));
		ck_assert(!mspan_free_by_owner(s, p + size - 1));
		ck_assert(!mspan_free_by_owner(s, p + size / 2));
		ck_assert_uint_eq(mspan_count_allocated(s), s->nelems - i);
		ck_assert(mspan_free_by_owner(s, p));
		ck_assert(!mspan_is_allocated(test_object(s, i)));
		ck_assert(!mspan_free_by_owner(s, p));
	}
	ck_assert_uint_eq(mspan_count_allocated(s), 0);
}

START_TEST(test_every_object_is_freed_once_and_only_at_its_start)
{
	for (unsigned class = 1; class < NCLASSES; class ++)
		test_every_object_is_freed_once_and_only_at_its_start_in(class);
}
END_TEST

static void test_nothing_is_freed_behind_the_last_object_in(unsigned class)
{
	struct mspan *s = test_span_of(class);
	const uintptr_t end = s->base + ((size_t)s->npages << GO_PAGE_SHIFT);

	test_take_first(s, s->nelems);
	for (uintptr_t p = test_address(s, s->nelems); p < end; p += 8)
		ck_assert(!mspan_free_by_owner(s, p));
	ck_assert_uint_eq(mspan_count_allocated(s), s->nelems);
}

START_TEST(test_nothing_is_freed_behind_the_last_object)
{
	for (unsigned class = 1; class < NCLASSES; class ++)
		test_nothing_is_freed_behind_the_last_object_in(class);
}
END_TEST

/* When a list has to change. */

/*
 * Worth a visit from an eighth free, at least one; sparse from 1/64 allocated
 * down, or one where there are 4 to 63, and then at each quarter.
 */
static const struct test_threshold {
	unsigned nelems;
	unsigned nallocated;
	enum mspan_list_id list;
	unsigned nfrees;         /* by the owner until the list may change */
	enum mspan_list_id then; /* the list after these */
} thresholds[] = {
	{1, 1, MSPAN_FULL, 1, MSPAN_UNLISTED},
	{1, 0, MSPAN_UNLISTED, 0, MSPAN_UNLISTED},
	{2, 2, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{2, 1, MSPAN_PARTIAL, 1, MSPAN_UNLISTED},
	{3, 2, MSPAN_PARTIAL, 2, MSPAN_UNLISTED},
	{4, 3, MSPAN_PARTIAL, 2, MSPAN_SPARSE},
	{4, 1, MSPAN_SPARSE, 1, MSPAN_UNLISTED},
	{7, 7, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{8, 8, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{8, 7, MSPAN_PARTIAL, 6, MSPAN_SPARSE},
	{15, 15, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{16, 16, MSPAN_FULL, 2, MSPAN_PARTIAL},
	{16, 15, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{16, 14, MSPAN_PARTIAL, 13, MSPAN_SPARSE},
	{64, 64, MSPAN_FULL, 8, MSPAN_PARTIAL},
	{64, 57, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{64, 56, MSPAN_PARTIAL, 55, MSPAN_SPARSE},
	{64, 2, MSPAN_PARTIAL, 1, MSPAN_SPARSE},
	{64, 1, MSPAN_SPARSE, 1, MSPAN_UNLISTED},
	{64, 0, MSPAN_UNLISTED, 0, MSPAN_UNLISTED},
	{1024, 1024, MSPAN_FULL, 128, MSPAN_PARTIAL},
	{1024, 897, MSPAN_FULL, 1, MSPAN_PARTIAL},
	{1024, 896, MSPAN_PARTIAL, 880, MSPAN_SPARSE},
	{1024, 17, MSPAN_PARTIAL, 1, MSPAN_SPARSE},
	{1024, 16, MSPAN_SPARSE, 12, MSPAN_SPARSE},
	{1024, 4, MSPAN_SPARSE, 3, MSPAN_SPARSE},
	{1024, 3, MSPAN_SPARSE, 3, MSPAN_UNLISTED},
	{1024, 1, MSPAN_SPARSE, 1, MSPAN_UNLISTED},
};

static struct mspan *test_span_with(unsigned nelems, unsigned nallocated)
{
	const unsigned class = nelems > 1 ? 1 : NCLASSES - 1;
	struct mspan *s = test_span(class, nelems, MAX_SPAN_PAGES);

	test_take_first(s, nallocated);
	return s;
}

START_TEST(test_the_list_follows_from_the_count)
{
	const struct test_threshold *t = &thresholds[_i];
	struct mspan *s = test_span_with(t->nelems, t->nallocated);

	ck_assert_int_eq(mspan_classify(s), t->list);
	ck_assert_uint_eq(s->free_until, t->nfrees);
	ck_assert(mspan_is_worth_visit(t->nelems - t->nallocated, t->nelems) ==
		  (t->list != MSPAN_FULL));
}
END_TEST

static void test_clear(struct mspan *s, unsigned index)
{
	store_relaxed(&s->states[index], OBJECT_FREE);
}

/* The frees before the last go without notice; that one changes the list. */
START_TEST(test_a_free_notices_when_the_list_changes)
{
	const struct test_threshold *t = &thresholds[_i];
	struct mspan *s = test_span_with(t->nelems, t->nallocated);

	mspan_classify(s);
	for (unsigned i = 0; i < t->nfrees; i++) {
		const bool last = i == t->nfrees - 1;
		const uintptr_t p = test_address(s, i);
		ck_assert(mspan_free_by_owner(s, p) == !last);
		ck_assert(mspan_is_allocated(test_object(s, i)) == last);
		if (last)
			test_clear(s, i);
	}
	ck_assert_int_eq(mspan_classify(s), t->then);
}
END_TEST

/*
 * The free that is due has not changed the list yet when a signal handler
 * frees another object: that one is due as well, or nobody would be.
 */
START_TEST(test_no_free_passes_one_that_is_due)
{
	for (unsigned nelems = 2; nelems <= MAX_NELEMS; nelems *= 2) {
		struct mspan *s = test_span_with(nelems, nelems);
		unsigned i = 0;

		mspan_classify(s);
		while (mspan_free_by_owner(s, test_address(s, i)))
			i++;
		for (unsigned late = i + 1; late < nelems; late++)
			ck_assert(
				!mspan_free_by_owner(s, test_address(s, late)));
		ck_assert(!mspan_free_by_owner(s, test_address(s, i)));
	}
}
END_TEST

/* Lists in the order in which a span that only loses objects meets them. */
static int test_stage(enum mspan_list_id list)
{
	return list == MSPAN_FULL      ? 0
	       : list == MSPAN_PARTIAL ? 1
	       : list == MSPAN_SPARSE  ? 2
				       : 3;
}

/* For all shapes: no list is left late, none is met again. */
static void test_every_span_goes_from_full_to_empty_in(unsigned class)
{
	struct mspan *s = test_span_of(class);
	enum mspan_list_id list = MSPAN_FULL;

	test_take_first(s, s->nelems);
	ck_assert_int_eq(mspan_classify(s), MSPAN_FULL);
	for (unsigned i = 0; i < s->nelems; i++) {
		if (mspan_free_by_owner(s, test_address(s, i)))
			continue;
		test_clear(s, i);
		const enum mspan_list_id now = mspan_classify(s);
		ck_assert_int_ge(test_stage(now), test_stage(list));
		list = now;
	}
	ck_assert_int_eq(list, MSPAN_UNLISTED);
}

START_TEST(test_every_span_goes_from_full_to_empty)
{
	for (unsigned class = 1; class < NCLASSES; class ++)
		test_every_span_goes_from_full_to_empty_in(class);
}
END_TEST

/* Handing out. */

/* The free objects of word w are cached, as the owner does it. */
static void test_cache_word(struct mspan *s, unsigned w)
{
	s->cached_word = (uint8_t)w;
	s->free_cache = mspan_free_bits(s, w);
}

/* '.' is free when the word is cached. */
static const char *const cached_words[] = {
	"........", "#.#.#.#.", "#######.", ".#######", "########"};

START_TEST(test_cached_objects_are_handed_out_once_in_order)
{
	const char *objects = cached_words[_i];

	for (unsigned w = 0; w < 4; w++) {
		struct mspan *s = test_span_of(test_class_with(256));
		test_take_first(s, s->nelems);
		for (unsigned i = 0; objects[i] != '\0'; i++)
			if (objects[i] == '.')
				test_clear(s, w * 64 + 20 + i);
		test_cache_word(s, w);
		for (unsigned i = 0; objects[i] != '\0'; i++) {
			if (objects[i] != '.')
				continue;
			const struct objref o = test_object(s, w * 64 + 20 + i);
			ck_assert(!mspan_is_allocated(o));
			ck_assert_uint_eq(
				(uintptr_t)mspan_alloc(s), mspan_object(o));
			ck_assert(mspan_is_allocated(o));
		}
		ck_assert_ptr_null(mspan_alloc(s));
		ck_assert_uint_eq(mspan_count_allocated(s), s->nelems);
	}
}
END_TEST

/* Giving back the pages that no object touches. */

static const struct {
	const char *name;
	size_t size;         /* of the objects; the span has 64 KiB */
	const char *objects; /* '#' is allocated; the rest is free */
	size_t npages;       /* OS pages given back, of 4 KiB */
} purges[] = {
	{"empty", 8192, "........", 16},
	{"full", 8192, "########", 0},
	{"first", 8192, "#.......", 14},
	{"last", 8192, ".......#", 14},
	{"middle", 8192, "...#....", 14},
	{"every_other", 8192, "#.#.#.#.", 8},
	{"small_objects", 1024, "#", 15},
	{"two_in_a_page", 1024, "##", 15},
	{"at_a_page_edge", 1024, "...##", 14},
};

START_TEST(test_a_purge_leaves_objects_alone)
{
	const unsigned class = sizeclass_of(purges[_i].size);
	const size_t size = purges[_i].size, bytes = 64 << 10;
	const char *objects = purges[_i].objects;
	unsigned char *memory = os_map(bytes);
	struct mspan *s = test_span(class, (unsigned)(bytes / size), 8);
	size_t nzero = 0;

	ck_assert_uint_eq(sizeclass_table[class].size, size);
	s->base = (uintptr_t)memory;
	memset(memory, 'x', bytes);
	for (unsigned i = 0; objects[i] != '\0'; i++)
		if (objects[i] == '#')
			test_take(s, i);
	ck_assert_uint_eq(mspan_purge(s), purges[_i].npages * os_page_size);
	for (size_t at = 0; at < bytes; at++) {
		const unsigned i = (unsigned)(at / size);
		nzero += memory[at] == 0;
		if (memory[at] != 'x' && mspan_is_allocated(test_object(s, i)))
			ck_abort_msg("byte %zu is lost", at);
	}
	ck_assert_uint_eq(nzero, purges[_i].npages * os_page_size);
}
END_TEST

/* Lists: the spans in them, newest first, after each step. */

enum { TEST_NSPANS = 3 };

static struct mspan test_spans[TEST_NSPANS];

static const struct {
	const char *steps; /* "+a" puts a in front, "-a" takes it out */
	const char *list;
} list_cases[] = {
	{"", ""},
	{"+a", "a"},
	{"+a+b+c", "cba"},
	{"+a-a", ""},
	{"+a+b+c-c", "ba"},
	{"+a+b+c-b", "ca"},
	{"+a+b+c-a", "cb"},
	{"+a+b+c-b-c-a", ""},
	{"+a+b-a+a-b+b", "ba"},
};

START_TEST(test_lists_keep_their_order)
{
	struct mspan_list list = {0};
	const char *expected = list_cases[_i].list;

	for (const char *at = list_cases[_i].steps; *at != '\0'; at += 2) {
		struct mspan *s = &test_spans[at[1] - 'a'];
		if (at[0] == '+')
			mspan_list_push(&list, s);
		else
			mspan_list_remove(&list, s);
	}
	const struct mspan *prev = NULL;
	ck_assert_uint_eq(list.n, strlen(expected));
	for (const struct mspan *s = list.head; s != NULL; s = s->next) {
		ck_assert_ptr_eq(s, &test_spans[*expected++ - 'a']);
		ck_assert_ptr_eq(s->prev, prev);
		prev = s;
	}
	ck_assert_int_eq(*expected, '\0');
}
END_TEST

static void mspan_suite(TCase *tests)
{
	UNIT_TEST(tests, test_the_struct_holds_its_bits);
	UNIT_TEST(tests, test_a_new_span_is_empty_and_nobodys);
	UNIT_TABLE(tests, test_objects_are_counted, drawings);
	UNIT_TEST(tests, test_every_object_is_freed_once_and_only_at_its_start);
	UNIT_TEST(tests, test_nothing_is_freed_behind_the_last_object);
	UNIT_TABLE(tests, test_the_list_follows_from_the_count, thresholds);
	UNIT_TABLE(
		tests, test_a_free_notices_when_the_list_changes, thresholds);
	UNIT_TEST(tests, test_no_free_passes_one_that_is_due);
	UNIT_TEST(tests, test_every_span_goes_from_full_to_empty);
	UNIT_TABLE(tests, test_cached_objects_are_handed_out_once_in_order,
		cached_words);
	UNIT_TABLE(tests, test_a_purge_leaves_objects_alone, purges);
	UNIT_TABLE(tests, test_lists_keep_their_order, list_cases);
}
UNIT_MAIN("mspan", mspan_suite)
