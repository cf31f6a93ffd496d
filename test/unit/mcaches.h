/*
 * mcaches.h: threads that allocate and free with mcaches of their own, and
 * objects that are told apart by what is in them.
 */
#ifndef GOALLOC_TEST_MCACHES_H
#define GOALLOC_TEST_MCACHES_H

#include <pthread.h>
#include <stdint.h>

#include "core/fixalloc.h"
#include "core/heapmap.h"
#include "core/mcache.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/os.h"
#include "test/unit/unit.h"

enum { TEST_MAX_THREADS = 8 };

static inline void test_start(void)
{
	os_init();
	thread_self()->busy = true;
	lock(&mheap.lock);
	ck_assert(mheap_init());
	unlock(&mheap.lock);
}

/* Metadata that stays when everything is free: the mcaches, with magazines. */
static inline size_t test_mcache_bytes(void)
{
	size_t bytes = 0;

	for (struct mcache *c = mcaches.all; c != NULL; c = c->next) {
		bytes += sizeof *c + FIXALLOC_LINE;
		for (unsigned class = 0; class < NCLASSES; class ++) {
			const struct magazines *m = &c->slots[class].magazines;
			if (m->rows != NULL)
				bytes += 2 * (m->size + 1u) *
					 sizeof(struct magazine_round);
		}
	}
	return bytes;
}

/* At the start of a thread; it may call the core from here on. */
static inline struct mcache *test_thread_mcache(void)
{
	thread_self()->busy = true;
	return mcache_acquire(true);
}

/* Writes into the object what nobody else would write there. */
static inline void test_mark(void *p, unsigned class)
{
	const size_t last = sizeclass_table[class].size / 8 - 1;
	uint64_t *words = p;

	words[0] = words[last] = (uint64_t)(uintptr_t)p;
}

/* Whether the object is as test_mark left it; it is no longer after this. */
static inline bool test_unmark(void *p, unsigned class)
{
	const size_t last = sizeclass_table[class].size / 8 - 1;
	uint64_t *words = p;
	const bool good =
		words[0] == (uint64_t)(uintptr_t)p && words[last] == words[0];

	words[0] = words[last] = 0;
	return good;
}

static inline void *test_alloc(struct mcache *c, unsigned class)
{
	void *p = mcache_alloc_or_refill(c, class);

	if (p == NULL)
		ck_abort_msg("no memory");
	test_mark(p, class);
	return p;
}

static inline struct objref test_object_at(void *p)
{
	struct mspan *s = heapmap_lookup((uintptr_t)p);

	if (s == NULL)
		ck_abort_msg("%p is in no span", p);
	const uint64_t offset = (uintptr_t)p - s->base;
	return (struct objref){s, sizeclass_index(s->magic, offset)};
}

/* As heap_free: fast if it can be.  c may be NULL. */
static inline void test_free(struct mcache *c, void *p)
{
	const struct objref o = test_object_at(p);

	if (!test_unmark(p, o.span->class))
		ck_abort_msg("%p is not as it was", p);
	if (c != NULL && mspan_owned_by(o.span, c) &&
		mspan_free_by_owner(o.span, (uintptr_t)p))
		return;
	if (!mcache_free(c, o))
		ck_abort_msg("%p is not allocated", p);
}

/* What c keeps of the class goes back to its spans. */
static inline void test_flush(struct mcache *c, unsigned class)
{
	lock(&c->lock);
	mcache_flush_locked(c, class);
	unlock(&c->lock);
}

static inline struct mcache *test_owner(void *p)
{
	const uintptr_t handoff = mspan_remote(test_object_at(p).span)->handoff;

	return (struct mcache *)(handoff & ~(uintptr_t)HANDOFF_FLAGS);
}

/* Runs fn in n threads, each with its number; all must return NULL. */
static inline void test_run_threads(int n, void *(*fn)(void *))
{
	pthread_t threads[TEST_MAX_THREADS];

	ck_assert_int_le(n, TEST_MAX_THREADS);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fn,
					 (void *)(intptr_t)i),
			0);
	for (int i = 0; i < n; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
}

/* A source of numbers of its own for each thread. */
static inline uint32_t test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
		 UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

#endif
