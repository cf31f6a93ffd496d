/*
 * mspan_remote_test: objects that strangers free and the owner collects.
 */
#include <pthread.h>
#include <stdint.h>

#include "test/unit/spans.h"
#include "test/unit/unit.h"

enum {
	TEST_NTHREADS = 4,
	TEST_NROUNDS = 200,
	TEST_ROOM = 512,
};

START_TEST(test_collecting_takes_what_strangers_freed)
{
	const struct test_drawing *d = &drawings[_i];

	for (unsigned first = 0; first < 200; first += 20) {
		struct mspan *s = test_draw(d->objects, first);
		unsigned nremote = 0;
		for (const char *o = d->objects; *o != '\0'; o++)
			nremote += *o == 'r';
		ck_assert_uint_eq(mspan_collect_remote(s), nremote);
		for (unsigned i = 0; d->objects[i] != '\0'; i++) {
			const struct objref o = test_object(s, first + i);
			ck_assert(mspan_is_allocated(o) ==
				  (d->objects[i] == '#'));
			ck_assert(!mspan_is_marked_remote(o));
		}
		ck_assert_uint_eq(mspan_collect_remote(s), 0);
	}
}
END_TEST

START_TEST(test_a_second_remote_free_is_refused)
{
	struct mspan *s = test_span_of(test_class_with(100));
	const struct objref o = test_object(s, 77);

	test_take_first(s, 100);
	ck_assert(!mspan_is_marked_remote(o));
	ck_assert(mspan_mark_remote(o));
	ck_assert(!mspan_mark_remote(o));
	ck_assert(mspan_is_marked_remote(o));
	ck_assert(mspan_is_allocated(o));
	ck_assert_uint_eq(mspan_collect_remote(s), 1);
	ck_assert_uint_eq(mspan_count_allocated(s), 99);
}
END_TEST

static void test_collect_what_is_free(void *span)
{
	struct mspan *s = span;

	mspan_mark_remote(test_object(s, 70));
	mspan_collect_remote(s);
}

START_TEST(test_collecting_what_is_free_dies)
{
	struct mspan *s = test_span_of(test_class_with(100));
	char line[TEST_ROOM];

	test_take_first(s, 70);
	snprintf(line, sizeof(line),
		"goalloc: double free of 0x%lx (size class %zu)",
		test_address(s, 70), mspan_elemsize(s));
	ck_assert_dies(test_collect_what_is_free, s, line);
}
END_TEST

/* Threads: strangers mark, the owner frees and collects beside them. */

struct test_stranger {
	struct mspan *span;
	unsigned first; /* frees first, first + TEST_NTHREADS + 1, ... */
	unsigned nmarked;
};

static void *test_mark_share(void *arg)
{
	struct test_stranger *t = arg;
	struct mspan *s = t->span;

	for (unsigned i = t->first; i < s->nelems; i += TEST_NTHREADS + 1)
		t->nmarked += mspan_mark_remote(test_object(s, i));
	return NULL;
}

/* The owner's share is the last; returns what it collected meanwhile. */
static unsigned test_free_own_share(struct mspan *s)
{
	unsigned ncollected = 0;

	for (unsigned i = TEST_NTHREADS; i < s->nelems;
		i += TEST_NTHREADS + 1) {
		if (!mspan_free_by_owner(s, test_address(s, i)))
			ck_abort_msg("object %u", i);
		ncollected += mspan_collect_remote(s);
	}
	return ncollected;
}

START_TEST(test_no_free_is_lost_between_owner_and_strangers)
{
	for (int round = 0; round < TEST_NROUNDS; round++) {
		struct mspan *s = test_span(1, MAX_NELEMS, 1);
		struct test_stranger strangers[TEST_NTHREADS];
		pthread_t threads[TEST_NTHREADS];
		unsigned nmarked = 0;

		test_take_first(s, s->nelems);
		for (unsigned t = 0; t < TEST_NTHREADS; t++) {
			strangers[t] = (struct test_stranger){s, t, 0};
			pthread_create(&threads[t], NULL, test_mark_share,
				&strangers[t]);
		}
		unsigned ncollected = test_free_own_share(s);
		for (unsigned t = 0; t < TEST_NTHREADS; t++) {
			pthread_join(threads[t], NULL);
			nmarked += strangers[t].nmarked;
		}
		ncollected += mspan_collect_remote(s);
		ck_assert_uint_eq(ncollected, nmarked);
		ck_assert_uint_eq(mspan_count_allocated(s), 0);
	}
}
END_TEST

static void *test_mark_all(void *arg)
{
	struct test_stranger *t = arg;

	for (unsigned i = 0; i < t->span->nelems; i++)
		t->nmarked += mspan_mark_remote(test_object(t->span, i));
	return NULL;
}

START_TEST(test_of_remote_frees_at_once_one_wins)
{
	struct mspan *s = test_span(1, MAX_NELEMS, 1);
	struct test_stranger strangers[TEST_NTHREADS];
	pthread_t threads[TEST_NTHREADS];
	unsigned nmarked = 0;

	test_take_first(s, s->nelems);
	for (unsigned t = 0; t < TEST_NTHREADS; t++) {
		strangers[t] = (struct test_stranger){s, 0, 0};
		pthread_create(&threads[t], NULL, test_mark_all, &strangers[t]);
	}
	for (unsigned t = 0; t < TEST_NTHREADS; t++) {
		pthread_join(threads[t], NULL);
		nmarked += strangers[t].nmarked;
	}
	ck_assert_uint_eq(nmarked, s->nelems);
}
END_TEST

static void mspan_remote_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_collecting_takes_what_strangers_freed, drawings);
	UNIT_TEST(tests, test_a_second_remote_free_is_refused);
	UNIT_TEST(tests, test_collecting_what_is_free_dies);
	UNIT_TEST(tests, test_no_free_is_lost_between_owner_and_strangers);
	UNIT_TEST(tests, test_of_remote_frees_at_once_one_wins);
}
UNIT_MAIN("mspan_remote", mspan_remote_suite)
