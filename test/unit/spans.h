/*
 * spans.h: a span to play with, over made-up addresses and in a static array:
 * nothing that uses it may look into an object.
 */
#ifndef GOALLOC_TEST_SPANS_H
#define GOALLOC_TEST_SPANS_H

#include <stdint.h>

#include "core/fixalloc.h"
#include "core/mspan.h"
#include "test/unit/unit.h"

#define TEST_BASE (UINT64_C(0xc7) << 32)

/* Room for the largest span, on a cache line as fixalloc gives it. */
static char test_memory[FIXALLOC_MAX_LINES * 64] ALIGNED(64);

/* Without room: what the owner frees goes into the span. */
static struct magazines test_magazines;

static inline struct mspan *test_span(
	unsigned class, unsigned nelems, unsigned npages)
{
	struct mspan *s = (struct mspan *)(void *)test_memory;

	s->nlines = (uint8_t)mspan_nlines(nelems);
	mspan_init(s, TEST_BASE, npages, class, nelems);
	magazines_init(&test_magazines);
	s->magazines = &test_magazines;
	return s;
}

static inline struct mspan *test_span_of(unsigned class)
{
	const struct size_class *k = &sizeclass_table[class];

	return test_span(class, k->nelems_big, k->npages_big);
}

static inline struct objref test_object(struct mspan *s, unsigned index)
{
	return (struct objref){s, index};
}

static inline uintptr_t test_address(const struct mspan *s, unsigned index)
{
	return s->base + index * mspan_elemsize(s);
}

static inline void test_take(struct mspan *s, unsigned index)
{
	store_relaxed(&s->states[index], OBJECT_LIVE);
}

static inline void test_take_first(struct mspan *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		test_take(s, i);
}

/* A class whose big span has that many objects at least. */
static inline unsigned test_class_with(unsigned nelems)
{
	for (unsigned class = NCLASSES - 1; class > 0; class --)
		if (sizeclass_table[class].nelems_big >= nelems)
			return class;
	return 0;
}

/* Counting: '#' is allocated, 'r' is too but freed by a stranger. */
static const struct test_drawing {
	const char *name;
	const char *objects;
	unsigned nallocated;
	bool all_remote;
} drawings[] = {
	{"empty", "........", 0, true},
	{"one", "...#....", 1, false},
	{"one_remote", "...r....", 1, true},
	{"both", "#..r....", 2, false},
	{"all_remote", "rrrrrrrr", 8, true},
	{"all_but_one_remote", "rrrrrrr#", 8, false},
	{"full", "########", 8, false},
};

/* Draws the objects from `first` on; returns the span. */
static inline struct mspan *test_draw(const char *objects, unsigned first)
{
	struct mspan *s = test_span_of(test_class_with(256));

	for (unsigned i = 0; objects[i] != '\0'; i++) {
		if (objects[i] != '.')
			test_take(s, first + i);
		if (objects[i] == 'r')
			ck_assert(mspan_mark_remote(test_object(s, first + i)));
	}
	return s;
}

#endif
