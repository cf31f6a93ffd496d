/*
 * mcache: what one thread allocates from, and the spans that it owns.
 *
 *   magazines objects of a class that were freed last (core/magazine.c)
 *   current   the span of a class that objects come from else, a word of 64
 *             at a time (free_cache)
 *   others    in lists by how much room they have (core/mcache_spans.c)
 *
 *   refill:   the next word of current, or what free has kept meanwhile; else,
 *             under the lock: collect the inbox, then a span of its own with
 *             room, one from mcentral, a new one from mheap
 *
 * A class starts with Go's small spans and earns longer ones (shape_for).
 *
 * Invariants: a span's handoff names c exactly while it is c's current span
 *             or in one of c's lists.
 *             free_cache is 0 but in a current span.
 * Locking:    mcache, then mcentral, then mheap.
 * Context:    busy threads; mcache_alloc: who has taken the mcache
 *             (core/thread.h); mcache_defer_free: handlers.
 */
#include "core/mcache.h"

#include <string.h>

#include "core/fatal.h"
#include "core/fixalloc.h"
#include "core/heapmap.h"
#include "core/mcache_sample.h"
#include "core/mcache_spans.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/scavenger.h"
#include "gc/gc.h"

enum {
	SPANS_PER_STEP = 4, /* new spans before they get longer */
};

struct mspan mspan_none;
struct mcache mcache_none;
struct mcache_registry mcaches = {.lock = LOCK_INIT(mcaches)};

/* Caching words of the current span. */

static void count_malloc(struct mcache *c, unsigned class, int64_t n)
{
	uint64_t *nmalloc = &c->classes[class].nmalloc;

	store_relaxed(nmalloc, *nmalloc + (uint64_t)n);
}

/* The lowest n of the bits. */
COLD static uint64_t lowest_bits(uint64_t bits, unsigned n)
{
	uint64_t rest = bits;

	for (; n > 0; n--)
		rest &= rest - 1;
	return bits ^ rest;
}

/* No more than are left until a sample. */
static void cache_word(
	struct mcache *c, struct mspan *s, unsigned w, uint64_t free)
{
	struct magazines *m = &c->slots[s->class].magazines;
	unsigned n = popcount64(free);

	if (unlikely(n > magazines_nleft(m))) {
		n = (unsigned)magazines_nleft(m);
		free = lowest_bits(free, n);
	}
	store_relaxed(&m->brought, m->brought + n);
	store_relaxed(&s->cached_word, (uint8_t)w);
	store_relaxed(&s->free_cache, free);
}

/* Caches the first word from w on that has a free object; false: none. */
static bool cache_from(struct mcache *c, struct mspan *s, unsigned w)
{
	for (; w < s->nwords; w++) {
		uint64_t free = mspan_free_bits(s, w);
		if (free != 0) {
			cache_word(c, s, w, free);
			return true;
		}
	}
	return false;
}

/* Caches another word of the current span; false: it has no room left. */
static bool cache_next(struct mcache *c, struct mspan *s)
{
	if (s == &mspan_none)
		return false;
	return cache_from(c, s, s->cached_word + 1u) ||
	       (mspan_has_room_again(s) && cache_from(c, s, 0));
}

void *mcache_alloc_light(struct mcache *c, unsigned class)
{
	struct mcache_slot *slot = &c->slots[class];
	void *p = mcache_alloc(c, class); /* for sizes past heap_slot8 */

	if (p != NULL || slot->magazines.brought == 0)
		return p;
	if (cache_next(c, slot->current))
		return mspan_alloc(slot->current);
	if (!magazines_bring(&slot->magazines))
		return NULL;
	return magazines_alloc(&slot->magazines);
}

/* What is left of the cached word of s stays in the span. */
static void uncache_word(struct mcache *c, struct mspan *s)
{
	uint64_t left = s->free_cache;

	store_relaxed(&s->free_cache, 0);
	count_malloc(c, s->class, -(int64_t)popcount64(left));
}

/* The class has no current span; what it was, or NULL. */
static struct mspan *drop_current(struct mcache *c, unsigned class)
{
	struct mspan *s = c->slots[class].current;

	if (s == &mspan_none)
		return NULL;
	store_relaxed(&c->slots[class].current, &mspan_none);
	uncache_word(c, s);
	return s;
}

static bool set_current(struct mcache *c, struct mspan *s)
{
	store_relaxed(&s->free_until, MSPAN_FREE_NEVER);
	bool cached = cache_from(c, s, 0);
	store_relaxed(&c->slots[s->class].current, s);
	return cached;
}

/* One object goes from a magazine to its span. */
static void unkeep_locked(struct mcache *c, struct magazine_round r)
{
	struct mspan *s = heapmap_lookup(r.p);

	store_release(r.state, OBJECT_FREE);
	if (--s->free_until <= 0 && !mcache_is_current(c, s))
		mcache_relist_locked(c, s);
}

void mcache_flush_locked(struct mcache *c, unsigned class)
{
	struct magazines *m = &c->slots[class].magazines;
	struct magazine_round r;

	count_malloc(c, class, -(int64_t)magazines_nout(m));
	while ((r = magazines_take(m)).p != 0)
		unkeep_locked(c, r);
}

void mcache_unbring(struct mcache *c)
{
	lock(&c->lock);
	for (unsigned class = 1; class < NCLASSES; class ++) {
		mcache_flush_locked(c, class);
		if (c->slots[class].current != &mspan_none)
			uncache_word(c, c->slots[class].current);
	}
	unlock(&c->lock);
}

/* Refilling. */

static void own_locked(struct mcache *c, struct mspan *s)
{
	store_seqcst(&mspan_remote(s)->handoff, (uintptr_t)c);
	s->magazines = &c->slots[s->class].magazines;
	mspan_let_free(s, c);
}

/*
 * The shape of the next new span of a class that has grown by ngrown spans:
 * Go's small one at first, and twice as long after every few.
 */
static struct span_shape shape_for(unsigned class, unsigned ngrown)
{
	const struct size_class *k = &sizeclass_table[class];
	unsigned npages = k->npages_first << ngrown / SPANS_PER_STEP;
	struct span_shape shape = {
		.class = class,
		.nelems = k->nelems_big,
		.npages = k->npages_big,
		.align = 1,
	};

	if (npages < k->npages_big) {
		shape.npages = npages;
		shape.nelems = (npages << GO_PAGE_SHIFT) / k->size;
	}
	return shape;
}

static struct mspan *grow_locked(struct mcache *c, unsigned class)
{
	uint32_t *ngrown = &c->classes[class].ngrown;
	struct span_shape shape = shape_for(class, *ngrown);
	bool zeroed;
	struct mspan *s = mheap_alloc_span(&shape, &zeroed);

	if (s == NULL)
		return NULL;
	/* Pointers of an earlier class would keep what they led to. */
	if (gc_mode.on && !zeroed)
		memset((void *)s->base, 0, shape.npages << GO_PAGE_SHIFT);
	if (shape.npages < sizeclass_table[class].npages_big)
		++*ngrown;
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
	if (gc_mode.on)
		gc_sweep_class_locked(c, class);
	struct mspan *s = best_own_locked(c, class);
	if (s != NULL) {
		mcache_unlist_locked(c, s);
		mheap_set_purged(s, 0);
		return s;
	}
	s = mcentral_take(class, c);
	if (s == NULL)
		return grow_locked(c, class);
	if (gc_mode.on)
		gc_sweep_span_locked(s);
	return s;
}

static void retire_current_locked(struct mcache *c, unsigned class)
{
	struct mspan *s = drop_current(c, class);

	if (s == NULL)
		return;
	if (gc_mode.on)
		gc_sweep_span_locked(s);
	mcache_relist_locked(c, s);
}

/* A class that refills often gets magazines, and larger ones. */
static void earn_magazines_locked(struct mcache *c, unsigned class)
{
	struct mcache_class *k = &c->classes[class];
	struct magazines *m = &c->slots[class].magazines;
	unsigned size =
		magazines_size_for(sizeclass_table[class].size, ++k->nrefills);

	if (size <= m->size)
		return;
	mcache_flush_locked(c, class);
	magazines_grow(m, size);
}

static bool refill_locked(struct mcache *c, unsigned class)
{
	earn_magazines_locked(c, class);
	retire_current_locked(c, class);
	mcache_collect_inbox_locked(c);
	struct mspan *s = next_span_locked(c, class);
	if (s == NULL)
		return false;
	if (gc_mode.on)
		c->refilled += mspan_count_free(s) * s->elemsize;
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

static void mcache_class_init(struct mcache *c, unsigned class)
{
	c->slots[class].current = &mspan_none;
	mcache_sample_after(c, class, MCACHE_UNSAMPLED);
	magazines_init(&c->slots[class].magazines);
}

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
		mcache_class_init(c, class);
	c->next = mcaches.all;
	mcaches.all = c;
	mcaches.n++;
	return c;
}

static void count_user_locked(struct mcache *c, bool counts)
{
	size_t n = mcaches.ninuse - c->counted + counts;

	c->counted = counts;
	store_relaxed(&mcaches.ninuse, n);
}

struct mcache *mcache_acquire(bool counts)
{
	lock(&mcaches.lock);
	struct mcache *c = registry_take_locked();
	if (c != NULL) {
		c->inuse = true;
		c->exit_rounds = 0;
		mcache_sample_again(c);
		count_user_locked(c, counts);
	}
	unlock(&mcaches.lock);
	return c;
}

static void abandon_class_locked(struct mcache *c, unsigned class)
{
	struct mcache_class *k = &c->classes[class];
	struct magazines *m = &c->slots[class].magazines;
	struct mspan *s = drop_current(c, class);

	/* fork, or a jump out of a handler, may have left them half changed. */
	count_malloc(c, class, -(int64_t)magazines_nout(m));
	magazines_forget(m);
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
	count_user_locked(c, false);
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

static void *alloc_or_refill(struct mcache *c, unsigned class)
{
	do {
		void *p = mcache_alloc_light(c, class);
		if (p != NULL)
			return p;
	} while (mcache_refill(c, class));
	return NULL;
}

void *mcache_alloc_or_refill(struct mcache *c, unsigned class)
{
	struct magazines *m = &c->slots[class].magazines;
	void *p = mcache_alloc(c, class);

	if (p != NULL)
		return p;
	if (likely(m->brought < 0) || !mcache_sample_is_due(c, class))
		return alloc_or_refill(c, class);
	mcache_sample_after(c, class, 1);
	p = alloc_or_refill(c, class);
	mcache_sample_after(c, class, 0);
	if (p != NULL)
		mcache_sample_taken(c, class, p);
	return p;
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

	mcache_flush_locked(c, class);
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
		/* Or since an earlier fork, and nobody has freed into it. */
		c->dead = c->dead || (c->inuse && c != survivor);
		c->inuse = c->counted = c == survivor;
	}
	store_relaxed(&mcaches.ninuse, survivor != NULL ? 1 : 0);
}
