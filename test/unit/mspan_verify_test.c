/*
 * mspan_verify_test: what mspan_verify finds, and what it must not mind.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "core/mspan.h"
#include "test/unit/spans.h"
#include "test/unit/unit.h"

enum {
	TEST_ROOM = 512,
	TEST_NTAKEN = 3, /* objects in use in a span that is broken by hand */
};

enum test_field {
	TEST_NELEMS,
	TEST_NWORDS,
	TEST_NLINES,
	TEST_CLASS,
	TEST_BASE_ODD,
	TEST_MAGIC,
	TEST_NPAGES,
	TEST_LIST,
	TEST_FREED_AND_FREE,
};

static const struct {
	const char *name;
	enum test_field field;
} breakages[] = {
	{"nelems", TEST_NELEMS},
	{"nwords", TEST_NWORDS},
	{"nlines", TEST_NLINES},
	{"class", TEST_CLASS},
	{"base", TEST_BASE_ODD},
	{"magic", TEST_MAGIC},
	{"npages", TEST_NPAGES},
	{"list", TEST_LIST},
	{"freed_by_a_stranger_and_free", TEST_FREED_AND_FREE},
};

static void test_break(struct mspan *s, enum test_field field)
{
	switch (field) {
	case TEST_NELEMS: s->nelems = 0; break;
	case TEST_NWORDS: s->nwords++; break;
	case TEST_NLINES: s->nlines--; break;
	case TEST_CLASS: s->class = NCLASSES; break;
	case TEST_BASE_ODD: s->base += 16; break;
	case TEST_MAGIC: s->magic++; break;
	case TEST_NPAGES: s->npages = 0; break;
	case TEST_LIST: s->list = MSPAN_NLISTS; break;
	case TEST_FREED_AND_FREE:
		mspan_mark_remote((struct objref){s, s->nelems - 1u});
		break;
	}
}

static void test_verify(void *span)
{
	mspan_verify(span);
}

START_TEST(test_verify_finds_what_is_broken)
{
	struct mspan *s = test_span_of(test_class_with(100));
	char got[TEST_ROOM];
	static const char expected[] = "goalloc: mspan_verify: check failed: ";

	test_take_first(s, TEST_NTAKEN);
	ck_assert_int_eq(unit_run_child(test_verify, s, got, sizeof(got)), 0);
	test_break(s, breakages[_i].field);
	const int status = unit_run_child(test_verify, s, got, sizeof(got));
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		"%s is not found", breakages[_i].name);
	ck_assert_msg(strncmp(got, expected, strlen(expected)) == 0, "%s: %s",
		breakages[_i].name, got);
}
END_TEST

static void mspan_verify_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_verify_finds_what_is_broken, breakages);
}
UNIT_MAIN("mspan_verify", mspan_verify_suite)
