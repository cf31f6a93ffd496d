/*
 * mcache: what one thread allocates from, and the spans that it owns.
 *
 *   current   the span of a class that objects come from, a word of bits at
 *             a time (free_cache)
 *   others    in lists by how much room they have (core/mcache_spans.c)
 *
 *   refill:   the next word of current; else, under the lock: collect the
 *             inbox, then a span of its own with room, one from mcentral, a
 *             new one from mheap
 *
 * A class starts with Go's small spans and earns longer ones.
 *
 * Invariants: a span's handoff names c exactly while it is c's current span
 *             or in one of c's lists.
 *             free_cache is 0 but in a current span.
 * Locking:    mcache, then mcentral, then mheap.
 * Context:    busy threads; mcache_alloc and mcache_defer_free also handlers.
 */
#include "core/mcache.h"

#include "core/fatal.h"
#include "core/fixalloc.h"
#include "core/mcache_spans.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/scavenger.h"

enum {
	FIRST_SPANS = 2, /* small spans that a class gets before big ones */
};

struct mspan mspan_none;
struct mcache mcache_none = {
	.current = {[0 ... NCLASSES - 1] = &mspan_none},
};
struct mcache_registry mcaches = {.lock = LOCK_INIT(mcaches)};

/* Caching words of the current span. */

static void count_malloc(struct mcache *c, unsigned class, int64_t n)
{
	uint64_t *nmalloc = &c->classes[class].nmalloc;

	store_relaxed(nmalloc, *nmalloc + (uint64_t)n);
}

/* The free objects of word w, as bits. */
static uint64_t free_in_word(const struct mspan *s, unsigned w)
{
	if (w * 64 >= s->nelems)
		return 0;
	return ~load_relaxed(&s->alloc_bits[w]) &
	       low_bits64(s->nelems - w * 64);
}

/* A signal handler may look at any time: free_cache last. */
static void cache_word(
	struct mcache *c, struct mspan *s, unsigned w, uint64_t free)
{
	store_relaxed(&s->cached_word, (uint8_t)w);
	store_relaxed(&s->word_base, s->base + w * 64 * (size_t)s->elemsize);
	count_malloc(c, s->class, popcount64(free));
	barrier_compiler();
	store_relaxed(&s->free_cache, free);
}

/* The free objects of the first word from *w on that has any; 0: none. */
static ALWAYS_INLINE uint64_t seek_word(const struct mspan *s, unsigned *w)
{
	uint64_t free = 0;

	while (*w < s->nwords && (free = free_in_word(s, *w)) == 0)
		++*w;
	return free;
}

static bool cache_from(struct mcache *c, struct mspan *s, unsigned w)
{
	uint64_t free = seek_word(s, &w);

	if (free != 0)
		cache_word(c, s, w, free);
	return free != 0;
}

void *mcache_alloc_next_word(struct mcache *c, unsigned class)
{
	struct mspan *s = c->current[class];
	unsigned w = s->cached_word + 1u;
	uint64_t free = seek_word(s, &w);

	if (unlikely(free == 0)) {
		if (s == &mspan_none || !mspan_has_room_again(s))
			return NULL;
		w = 0;
		free = seek_word(s, &w);
		if (free == 0)
			return NULL;
	}
	uint64_t rest = free & (free - 1);
	local_set(&s->alloc_bits[w], free ^ rest);
	cache_word(c, s, w, rest);
	count_malloc(c, class, 1);
	return (void *)(s->word_base + local_first_bit(free) * s->elemsize);
}

/* The class has no current span; what it was, or NULL. */
static struct mspan *drop_current(struct mcache *c, unsigned class)
{
	struct mspan *s = c->current[class];

	if (s == &mspan_none)
		return NULL;
	store_relaxed(&c->current[class], &mspan_none);
	barrier_compiler();
	uint64_t left = load_relaxed(&s->free_cache);
	store_relaxed(&s->free_cache, 0);
	count_malloc(c, class, -(int64_t)popcount64(left));
	return s;
}

static bool set_current(struct mcache *c, struct mspan *s)
{
	store_relaxed(&s->free_until, MSPAN_FREE_NEVER);
	bool cached = cache_from(c, s, 0);
	store_relaxed(&c->current[s->class], s);
	return cached;
}

/* Refilling. */

static void own_locked(struct mcache *c, struct mspan *s)
{
	store_seqcst(&mspan_remote(s)->handoff, (uintptr_t)c);
	store_release(&s->owner, c);
}

/* A new span.  A class starts with Go's small spans and earns bigger ones. */
static struct mspan *grow_locked(struct mcache *c, unsigned class)
{
	const struct size_class *k = &sizeclass_table[class];
	bool big = c->classes[class].ngrown >= FIRST_SPANS, zeroed;
	struct span_shape shape = {
		class,
		big ? k->nelems_big : k->nelems_first,
		big ? k->npages_big : k->npages_first,
		1,
	};
	struct mspan *s = mheap_alloc_span(&shape, &zeroed);

	if (s == NULL)
		return NULL;
	if (!big)
		c->classes[class].ngrown++;
	own_locked(c, s);
	return s;
}

/* The owner's span that is best to allocate from, or NULL. */
static struct mspan *best_own_locked(struct mcache *c, unsigned class)
{
	const struct mspan_list *lists = c->classes[class].lists;
	struct mspan *s = lists[MSPAN_PARTIAL].head;

	if (s == NULL)
		s = lists[MSPAN_SPARSE].head;
	return s != NULL ? s : lists[MSPAN_PURGED].head;
}

static struct mspan *next_span_locked(struct mcache *c, unsigned class)
{
	struct mspan *s = best_own_locked(c, class);

	if (s != NULL) {
		mcache_unlist_locked(c, s);
		mheap_set_purged(s, 0);
		return s;
	}
	s = mcentral_take(class, c);
	return s != NULL ? s : grow_locked(c, class);
}

static void retire_current_locked(struct mcache *c, unsigned class)
{
	struct mspan *s = drop_current(c, class);

	if (s != NULL)
		mcache_relist_locked(c, s);
}

static bool refill_locked(struct mcache *c, unsigned class)
{
	retire_current_locked(c, class);
	mcache_collect_inbox_locked(c);
	struct mspan *s = next_span_locked(c, class);
	if (s == NULL)
		return false;
	return set_current(c, s);
}

bool mcache_refill(struct mcache *c, unsigned class)
{
	lock(&c->lock);
	bool done = refill_locked(c, class);
	unlock(&c->lock);
	return done;
}

/* Threads come and go. */

static struct mcache *registry_take_locked(void)
{
	struct mcache *c = mcaches.free;

	if (c != NULL) {
		mcaches.free = c->next_free;
		return c;
	}
	lock(&mheap.lock);
	c = fixalloc_forever(sizeof *c);
	unlock(&mheap.lock);
	if (c == NULL)
		return NULL;
	c->lock = (struct lock)LOCK_INIT(mcache);
	for (unsigned class = 0; class < NCLASSES; class ++)
		c->current[class] = &mspan_none;
	c->next = mcaches.all;
	mcaches.all = c;
	mcaches.n++;
	return c;
}

struct mcache *mcache_acquire(void)
{
	lock(&mcaches.lock);
	struct mcache *c = registry_take_locked();
	if (c != NULL) {
		c->inuse = true;
		c->exit_rounds = 0;
		store_relaxed(&mcaches.ninuse, mcaches.ninuse + 1);
	}
	unlock(&mcaches.lock);
	return c;
}

static void abandon_class_locked(struct mcache *c, unsigned class)
{
	struct mcache_class *k = &c->classes[class];
	struct mspan *s = drop_current(c, class);

	k->ngrown = 0;
	if (s != NULL)
		mcentral_put(s);
	for (unsigned list = 0; list < MSPAN_NLISTS; list++) {
		while ((s = k->lists[list].head) != NULL) {
			mcache_unlist_locked(c, s);
			mcentral_put(s);
		}
	}
}

void mcache_abandon_locked(struct mcache *c)
{
	for (unsigned class = 1; class < NCLASSES; class ++)
		abandon_class_locked(c, class);
	c->inbox = NULL; /* its spans are no longer ours, nor pending */
	c->dead = false;
}

void mcache_give(struct mcache *c)
{
	lock(&mcaches.lock);
	if (c->inuse)
		store_relaxed(&mcaches.ninuse, mcaches.ninuse - 1);
	c->inuse = false;
	c->next_free = mcaches.free;
	mcaches.free = c;
	unlock(&mcaches.lock);
}

void mcache_release(struct mcache *c)
{
	lock(&c->lock);
	mcache_abandon_locked(c);
	unlock(&c->lock);
	mcache_give(c);
	if (load_relaxed(&mcaches.ninuse) < 2)
		scavenger_stop(); /* the program is single-threaded again */
}

void *mcache_alloc_or_refill(struct mcache *c, unsigned class)
{
	do {
		void *p = mcache_alloc(c, class);
		if (p == NULL)
			p = mcache_alloc_next_word(c, class);
		if (p != NULL)
			return p;
	} while (mcache_refill(c, class));
	return NULL;
}

/* Trimming. */

/* Empty spans go, other free pages are given back. */
static size_t trim_list_locked(
	struct mcache *c, struct mcache_class *k, enum mspan_list_id list)
{
	size_t trimmed = 0;

	for (struct mspan *s = k->lists[list].head, *next; s != NULL;
		s = next) {
		next = s->next;
		if (mspan_count_allocated(s) == 0) {
			trimmed += (size_t)s->npages << GO_PAGE_SHIFT;
			mcache_free_empty_locked(c, s);
		} else {
			mheap_set_purged(s, mspan_purge(s));
			trimmed += s->purged;
		}
	}
	return trimmed;
}

static size_t trim_class_locked(struct mcache *c, unsigned class)
{
	struct mcache_class *k = &c->classes[class];

	retire_current_locked(c, class);
	return trim_list_locked(c, k, MSPAN_PARTIAL) +
	       trim_list_locked(c, k, MSPAN_SPARSE);
}

size_t mcache_trim(struct mcache *c)
{
	size_t trimmed = 0;

	lock(&c->lock);
	mcache_collect_inbox_locked(c);
	for (unsigned class = 1; class < NCLASSES; class ++)
		trimmed += trim_class_locked(c, class);
	unlock(&c->lock);
	return trimmed;
}

/* fork. */

void mcache_lock_all(void)
{
	lock(&mcaches.lock);
	for (struct mcache *c = mcaches.all; c != NULL; c = c->next)
		lock_one_of_many(&c->lock);
}

void mcache_unlock_all(void)
{
	for (struct mcache *c = mcaches.all; c != NULL; c = c->next)
		unlock(&c->lock);
	unlock(&mcaches.lock);
}

void mcache_reset_all(struct mcache *survivor)
{
	lock_reset(&mcaches.lock);
	for (struct mcache *c = mcaches.all; c != NULL; c = c->next) {
		lock_reset(&c->lock);
		c->dead = c->inuse && c != survivor;
		c->inuse =
			c == survivor; /* the dead do not count: mcache_give */
	}
	store_relaxed(&mcaches.ninuse, survivor != NULL ? 1 : 0);
}
