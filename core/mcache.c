/*
 * mcache: what one thread allocates from, and the spans that it owns.
 *
 *   current   the span of a class that objects come from, a word of bits at
 *             a time (free_cache)
 *   PARTIAL, SPARSE, PURGED, FULL   the others, by room (core/mspan.c)
 *   inbox     spans in which other threads have freed objects
 *
 *   refill:   next word of current -> collect the inbox -> a PARTIAL
 * span
 *             -> one from mcentral -> a new one from mheap
 *
 * A thread that frees another's object sets its remote bit, then tells the
 * owner once per span: under the owner's lock it sets PENDING, clears
 * s->owner (so that the owner's own frees look at the remote bits too: a
 * double free is found whoever frees) and puts the span into the inbox.  The
 * owner clears PENDING before it collects the bits, the stranger reads
 * PENDING after it has set one; both orders are sequentially consistent, so
 * a bit is either collected or told.
 *
 * A span in which strangers have freed all that was left is taken from its
 * owner and goes back to mheap, also if the owner sleeps for ever: nobody
 * else can have business in it, since the owner's last free of an object
 * ends with the clearing of its bit (mspan_free_by_owner).
 *
 * A sparse span, one that strangers to each other would keep alive for an
 * object or two, gives back its free pages (PURGED) once a few others have
 * become sparse after it.
 *
 * An empty span goes back to mheap, unless it is its list's only one: a
 * program that frees and allocates at a span's edge does not thrash.
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
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/scavenger.h"

enum {
	FIRST_SPANS = 2, /* small spans that a class gets before big ones */
	SPARSE_KEEP = 4, /* newest sparse spans of a class, left resident */
};

struct mspan mspan_none;
struct mcache mcache_none = {
	.current = {[0 ... NCLASSES - 1] = &mspan_none},
};
struct mcache_registry mcaches = {.lock = LOCK_INIT(mcaches)};

_Thread_local struct thread thread_local_state = {.mcache = &mcache_none};

static struct mcache *owner_of(struct mspan *s)
{
	uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);

	return (struct mcache *)(handoff & ~(uintptr_t)HANDOFF_FLAGS);
}

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

/* Caches the first word from w on with a free object; false: none. */
static bool cache_from(struct mcache *c, struct mspan *s, unsigned w)
{
	for (; w < s->nwords; w++) {
		uint64_t free = free_in_word(s, w);
		if (free != 0) {
			cache_word(c, s, w, free);
			return true;
		}
	}
	return false;
}

bool mcache_next_word(struct mcache *c, unsigned class)
{
	struct mspan *s = c->current[class];

	if (s == &mspan_none)
		return false;
	if (cache_from(c, s, s->cached_word + 1u))
		return true;
	unsigned nfree = s->nelems - mspan_count_allocated(s);
	return mspan_is_worth_visit(nfree, s->nelems) && cache_from(c, s, 0);
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

/* Lists.  All of these: Holds: c's lock. */

static void unlist_locked(struct mcache *c, struct mspan *s)
{
	if (s->list != MSPAN_UNLISTED)
		mspan_list_remove(&c->classes[s->class].lists[s->list], s);
	s->list = MSPAN_UNLISTED;
}

static void list_locked(
	struct mcache *c, struct mspan *s, enum mspan_list_id list)
{
	mspan_list_push(&c->classes[s->class].lists[list], s);
	s->list = (uint8_t)list;
}

static void inbox_remove_locked(struct mcache *c, struct mspan *s)
{
	if (s->inbox_prev != NULL)
		s->inbox_prev->inbox_next = s->inbox_next;
	else
		c->inbox = s->inbox_next;
	if (s->inbox_next != NULL)
		s->inbox_next->inbox_prev = s->inbox_prev;
}

static void inbox_push_locked(struct mcache *c, struct mspan *s)
{
	s->inbox_prev = NULL;
	s->inbox_next = c->inbox;
	if (c->inbox != NULL)
		c->inbox->inbox_prev = s;
	c->inbox = s;
}

/* Sparse spans that have stayed so while others became so. */
static void purge_oldest_locked(struct mcache *c, struct mcache_class *k)
{
	while (k->lists[MSPAN_SPARSE].n > SPARSE_KEEP) {
		struct mspan *s = k->lists[MSPAN_SPARSE].tail;
		unlist_locked(c, s);
		mheap_set_purged(s, mspan_purge(s));
		list_locked(c, s, MSPAN_PURGED);
	}
}

static void free_empty_locked(struct mcache *c, struct mspan *s)
{
	unlist_locked(c, s);
	if (load_relaxed(&mspan_remote(s)->handoff) & HANDOFF_PENDING)
		inbox_remove_locked(c, s);
	mheap_free_span(s);
}

/* Puts a span that is not current where its count of objects says. */
static void relist_locked(struct mcache *c, struct mspan *s)
{
	struct mcache_class *k = &c->classes[s->class];
	enum mspan_list_id list = mspan_classify(s);

	if (list == MSPAN_UNLISTED && k->lists[MSPAN_PARTIAL].head == NULL)
		list = MSPAN_PARTIAL; /* empty, and kept for the next refill */
	if (list == MSPAN_SPARSE && s->list == MSPAN_PURGED) {
		mheap_set_purged(s, mspan_purge(s));
	} else if (list == MSPAN_UNLISTED) {
		free_empty_locked(c, s);
	} else if (list != s->list) {
		unlist_locked(c, s);
		list_locked(c, s, list);
		purge_oldest_locked(c, k);
	}
}

static bool is_current(const struct mcache *c, const struct mspan *s)
{
	return c->current[s->class] == s;
}

/* Takes over what strangers freed in one span. */
static void collect_locked(struct mcache *c, struct mspan *s)
{
	store_release(&s->owner, c);
	/* A stranger that sets a bit after this sees no PENDING and tells. */
	uintptr_t old = fetch_and_seqcst(&mspan_remote(s)->handoff,
		~(uintptr_t)HANDOFF_PENDING); /* pairs: needs_telling */
	if ((old & HANDOFF_PENDING) != 0)
		inbox_remove_locked(c, s);
	mspan_collect_remote(s);
	if (!is_current(c, s))
		relist_locked(c, s);
}

static void collect_inbox_locked(struct mcache *c)
{
	while (c->inbox != NULL)
		collect_locked(c, c->inbox);
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
		unlist_locked(c, s);
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
		relist_locked(c, s);
}

static bool refill_locked(struct mcache *c, unsigned class)
{
	retire_current_locked(c, class);
	collect_inbox_locked(c);
	struct mspan *s = next_span_locked(c, class);
	if (s == NULL)
		return false;
	return set_current(c, s);
}

bool mcache_refill(struct mcache *c, unsigned class)
{
	if (mcache_next_word(c, class))
		return true;
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
			unlist_locked(c, s);
			mcentral_put(s);
		}
	}
}

static void release_locked(struct mcache *c)
{
	for (unsigned class = 1; class < NCLASSES; class ++)
		abandon_class_locked(c, class);
	c->inbox = NULL; /* its spans are no longer ours, nor pending */
	c->dead = false;
}

static void registry_give(struct mcache *c)
{
	lock(&mcaches.lock);
	c->inuse = false;
	store_relaxed(&mcaches.ninuse, mcaches.ninuse - 1);
	c->next_free = mcaches.free;
	mcaches.free = c;
	unlock(&mcaches.lock);
}

void mcache_release(struct mcache *c)
{
	lock(&c->lock);
	release_locked(c);
	unlock(&c->lock);
	registry_give(c);
	if (load_relaxed(&mcaches.ninuse) < 2)
		scavenger_stop(); /* the program is single-threaded again */
}

/* Freeing. */

/* The rest of a free by the owner: a list has to change, or may have to. */
static void free_event(struct mcache *c, struct objref o)
{
	struct mspan *s = o.span;

	lock(&c->lock);
	local_clear(&s->alloc_bits[o.index / 64], UINT64_C(1) << o.index % 64);
	if (is_current(c, s))
		store_relaxed(&s->free_until, MSPAN_FREE_NEVER);
	else
		relist_locked(c, s);
	unlock(&c->lock);
}

static bool free_by_owner(struct mcache *c, struct objref o)
{
	struct mspan *s = o.span;

	if (mspan_is_marked_remote(o) || !mspan_is_allocated(o))
		return false;
	/* Not above 0 where the fast path has counted down already. */
	if (load_relaxed(&s->free_until) <= 0 ||
		local_count_down(&s->free_until))
		free_event(c, o);
	else
		local_clear(&s->alloc_bits[o.index / 64],
			UINT64_C(1) << o.index % 64);
	return true;
}

static void set_pending_locked(struct mcache *owner, struct mspan *s)
{
	/* pairs: collect_locked */
	uintptr_t old =
		fetch_or_seqcst(&mspan_remote(s)->handoff, HANDOFF_PENDING);

	if ((old & HANDOFF_PENDING) != 0)
		return;
	store_release(&s->owner, NULL); /* pairs: mspan_owned_by */
	inbox_push_locked(owner, s);
}

/* Does what a stranger's free asks for, if the owner is still the same. */
static bool tell_locked(
	struct mcache *owner, const struct mcache *c, struct mspan *s)
{
	if (owner_of(s) != owner)
		return false;
	if (owner == c)
		collect_locked(owner, s);
	else if (!is_current(owner, s) && mspan_all_freed_remotely(s))
		free_empty_locked(owner, s);
	else
		set_pending_locked(owner, s);
	return true;
}

static bool tell(struct mcache *owner, const struct mcache *c, struct mspan *s)
{
	lock(&owner->lock);
	bool dead = owner->dead;
	bool told = !dead && tell_locked(owner, c, s);
	if (dead)
		release_locked(owner);
	unlock(&owner->lock);
	if (dead)
		registry_give(owner);
	return told;
}

/* Unowned: c adopts it, or, where c is NULL, its bits are collected. */
static bool tell_central(struct mcache *c, struct mspan *s)
{
	if (c == NULL)
		return mcentral_collect(s);
	lock(&c->lock);
	bool mine = mcentral_adopt(s, c);
	if (mine)
		relist_locked(c, s);
	unlock(&c->lock);
	return mine;
}

void mcache_tell_owner(struct mcache *c, struct mspan *s)
{
	for (;;) {
		uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);
		if ((handoff & (HANDOFF_DEAD | HANDOFF_LARGE)) != 0)
			return; /* collected by somebody, and gone */
		struct mcache *owner = owner_of(s);
		if (owner != NULL ? tell(owner, c, s) : tell_central(c, s))
			return;
	}
}

/* The last of its word: perhaps the last of its span. */
static bool is_last_of_word(struct objref o)
{
	struct mspan *s = o.span;
	unsigned w = o.index / 64;

	return (load_relaxed(&s->alloc_bits[w]) &
		       ~load_relaxed(&mspan_remote(s)->bits[w])) == 0;
}

static bool needs_telling(struct objref o)
{
	struct mspan *s = o.span;
	/* pairs: collect_locked */
	uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);

	return (handoff & HANDOFF_PENDING) == 0 ||
	       (is_last_of_word(o) && mspan_all_freed_remotely(s));
}

static bool free_by_stranger(struct mcache *c, struct objref o)
{
	if (!mspan_is_allocated(o) || !mspan_mark_remote(o))
		return false;
	if (needs_telling(o))
		mcache_tell_owner(c, o.span);
	return true;
}

bool mcache_free(struct mcache *c, struct objref o)
{
	if (c != NULL && owner_of(o.span) == c)
		return free_by_owner(c, o);
	return free_by_stranger(c, o);
}

/* Deferring. */

/*
 * kind is HANDOFF_LARGE or 0.  Of another kind than the object's span was, it
 * is another span by now: what was freed has been collected.
 */
static bool try_set_deferred(struct mspan *s, uintptr_t kind)
{
	uintptr_t *handoff = &mspan_remote(s)->handoff;
	uintptr_t old = load_seqcst(handoff); /* pairs: thread_leave */

	do {
		if ((old & (HANDOFF_DEFERRED | HANDOFF_DEAD)) != 0 ||
			(old & HANDOFF_LARGE) != kind)
			return false;
	} while (!try_cas_acqrel(handoff, &old, old | HANDOFF_DEFERRED));
	return true;
}

bool mcache_defer_free(struct thread *t, struct objref o)
{
	uintptr_t kind = o.span->class == 0 ? HANDOFF_LARGE : 0;

	if (!mspan_is_allocated(o) || !mspan_mark_remote(o))
		return false;
	if (!try_set_deferred(o.span, kind))
		return true;
	struct mspan *head = load_relaxed(&t->deferred);
	do {
		o.span->deferred_next = head;
	} while (!try_cas_acqrel(&t->deferred, &head, o.span));
	return true;
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
			free_empty_locked(c, s);
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
	collect_inbox_locked(c);
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
	}
}
