/*
 * dirty_pages.h: memory whose pages are tracked, and a shadow of it that is
 * brought up to date from what scans report: a write that no scan reports
 * leaves the two different.
 */
#ifndef GOALLOC_TEST_DIRTY_PAGES_H
#define GOALLOC_TEST_DIRTY_PAGES_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/atomics.h"
#include "core/os.h"
#include "gc/dirty.h"
#include "gc/linux_pagemap.h"
#include "test/unit/unit.h"

/* Whether the file is a userfaultfd that can do it; closes it. */
static inline bool test_is_async_uffd(int fd)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = LINUX_UFFD_FEATURE_WP_ASYNC};
	const bool is = fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0;

	close(fd);
	return is;
}

/*
 * The rungs that track and can arm again, as far as this machine has them: it
 * is asked here in other words than the library's.  How many.
 */
static inline int test_find_rungs(enum barrier found[2])
{
	int n = 0;
	const int device = open("/dev/userfaultfd", O_RDWR);

	if (test_is_async_uffd(
		    (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY)))
		found[n++] = BARRIER_UFFD;
	if (device >= 0 && test_is_async_uffd(ioctl(device, USERFAULTFD_IOC_NEW,
				   UFFD_USER_MODE_ONLY)))
		found[n++] = BARRIER_DEVUFFD;
	close(device);
	return n;
}

struct test_pages {
	uintptr_t base;
	size_t npages;
	uint64_t *shadow;
	size_t nvisited; /* pages, since it was last set to 0 */
	bool deaf;       /* does not look at what is visited */
};

static inline size_t test_size(const struct test_pages *t)
{
	return t->npages * os_page_size;
}

static inline uintptr_t test_end(const struct test_pages *t)
{
	return t->base + test_size(t);
}

static inline void *test_page(const struct test_pages *t, size_t i)
{
	return (void *)(t->base + i * os_page_size);
}

/* The program writes the page. */
static inline void test_write(const struct test_pages *t, size_t i, char c)
{
	store_relaxed((char *)test_page(t, i), c);
}

static inline size_t test_words(void)
{
	return os_page_size / sizeof(uint64_t);
}

/* As a collector reads a page, while the program may write it. */
static inline void test_read_page(struct test_pages *t, size_t page)
{
	const uint64_t *from =
		(const uint64_t *)(t->base) + page * test_words();
	uint64_t *to = t->shadow + page * test_words();

	for (size_t i = 0; i < test_words(); i++)
		to[i] = load_relaxed(&from[i]);
}

static inline void test_visit(uintptr_t lo, uintptr_t hi, void *arg)
{
	struct test_pages *t = arg;

	ck_assert_uint_ge(lo, t->base);
	ck_assert_uint_lt(lo, hi);
	ck_assert_uint_le(hi, test_end(t));
	for (; lo < hi; lo += os_page_size) {
		fetch_add_relaxed(&t->nvisited, 1);
		if (!t->deaf)
			test_read_page(t, (lo - t->base) / os_page_size);
	}
}

/* Scans all of it; how many pages were visited. */
static inline size_t test_scan(struct test_pages *t, enum dirty_mode mode)
{
	t->nvisited = 0;
	dirty_scan(t->base, test_end(t), mode, test_visit, t);
	return t->nvisited;
}

/* How many pages differ from what was read of them last. */
static inline size_t test_lost(const struct test_pages *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->npages; i++)
		n += memcmp((const void *)(t->base + i * os_page_size),
			     t->shadow + i * test_words(), os_page_size) != 0;
	return n;
}

static inline struct test_pages test_pages_at(void *p, size_t npages)
{
	struct test_pages t = {.base = (uintptr_t)p, .npages = npages};

	ck_assert_ptr_ne(p, MAP_FAILED);
	t.shadow = mmap(NULL, test_size(&t), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(t.shadow, MAP_FAILED);
	return t;
}

/* So many pages of private memory, each with something in it. */
static inline struct test_pages test_pages_new(size_t npages)
{
	const size_t size = npages * os_page_size;
	struct test_pages t =
		test_pages_at(mmap(NULL, size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			npages);

	memset((void *)t.base, 1, size);
	return t;
}

/* A cycle begins: all of it is tracked, then read. */
static inline bool test_begin(struct test_pages *t)
{
	dirty_begin();
	const bool all = dirty_track(t->base, test_end(t));
	for (size_t i = 0; i < t->npages; i++)
		test_read_page(t, i);
	return all;
}

/* The rung itself, which must be there, and so many pages tracked by it. */
static inline struct test_pages test_tracked(enum barrier rung, size_t npages)
{
	os_init();
	ck_assert_int_eq(dirty_init(rung), rung);
	struct test_pages t = test_pages_new(npages);
	ck_assert(test_begin(&t));
	return t;
}

#endif
