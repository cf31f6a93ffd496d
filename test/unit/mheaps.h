/*
 * mheaps.h: a page heap of its own for each test, and memory that is told
 * from other memory by what is in it.
 */
#ifndef GOALLOC_TEST_MHEAPS_H
#define GOALLOC_TEST_MHEAPS_H

#include <stdint.h>

#include "core/heapmap.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/thread.h"
#include "test/unit/unit.h"

static inline void test_start(void)
{
	os_init();
	thread_self()->busy = true;
	lock(&mheap.lock);
	ck_assert(mheap_init());
	unlock(&mheap.lock);
}

static inline struct span_shape test_large(size_t npages, size_t align)
{
	return (struct span_shape){0, 1, npages, align, false};
}

static inline struct mspan *test_alloc(
	size_t npages, size_t align, bool *zeroed)
{
	const struct span_shape shape = test_large(npages, align);

	return mheap_alloc_span(&shape, zeroed);
}

static inline struct mspan *test_alloc_plain(size_t npages)
{
	bool zeroed;
	struct mspan *s = test_alloc(npages, 1, &zeroed);

	ck_assert_ptr_nonnull(s);
	return s;
}

static inline size_t test_bytes(const struct mspan *s)
{
	return (size_t)s->npages << GO_PAGE_SHIFT;
}

static inline bool test_is_filled(uintptr_t addr, int byte, size_t size)
{
	const unsigned char *p = (const unsigned char *)addr;

	return p[0] == byte && memcmp(p, p + 1, size - 1) == 0;
}

static inline void test_fill(const struct mspan *s, int byte)
{
	memset((void *)s->base, byte, test_bytes(s));
}

enum { TEST_TAG_PAGES = 5 }; /* one page in so many has a tag */

/* A tag here and there, where filling all would take too long. */
static inline void test_tag(const struct mspan *s, uint64_t tag)
{
	for (size_t page = 0; page < s->npages; page += TEST_TAG_PAGES)
		*(uint64_t *)(s->base + (page << GO_PAGE_SHIFT)) = tag;
}

static inline bool test_has_tag(
	const struct mspan *s, size_t npages, uint64_t tag)
{
	for (size_t page = 0; page < npages; page += TEST_TAG_PAGES)
		if (*(uint64_t *)(s->base + (page << GO_PAGE_SHIFT)) != tag)
			return false;
	return true;
}

/* Every page of the span leads to it, the bytes around it do not. */
static inline void test_assert_mapped(const struct mspan *s)
{
	for (uintptr_t p = s->base; p < s->base + test_bytes(s);
		p += GO_PAGE_SIZE)
		ck_assert_ptr_eq(heapmap_lookup(p + 17), s);
	ck_assert_ptr_ne(heapmap_lookup(s->base - 1), s);
	ck_assert_ptr_ne(heapmap_lookup(s->base + test_bytes(s)), s);
}

static inline void test_assert_unmapped(uintptr_t base, size_t size)
{
	for (uintptr_t p = base; p < base + size; p += GO_PAGE_SIZE)
		ck_assert_ptr_null(heapmap_lookup(p));
}

#endif
