/*
 * sweep: dead = allocated and not marked; and what happens to that.
 *
 *                      freed by the program    not freed
 *   reclaim            freed                   freed
 *   report, keep       freed                   stays
 *   gcsound=1          (freed at once)         flagged: see gc/sound.h
 *
 * When marking ends mheap.sweepgen grows by 2 and every span whose own is
 * behind needs sweeping.  That happens when its owner looks for room
 * (sweep_class_locked), and beside the program by the collector, which takes
 * the owner's lock.  So a list has swept spans in front and unswept ones
 * behind, and its tail says whether there are any.
 *
 * Objects allocated since marking began have their mark bit set, since free
 * slots count as marked, so a late sweep does not take them.
 *
 * The span that a thread allocates from is swept like any other, though its
 * malloc takes no lock.  That one has to do with objects it has seen FREE, a
 * sweep with objects that nobody has, and each object's state is a byte of its
 * own.  But what has become FREE may be allocated, and freed, before the sweep
 * takes its next step; so that store is the last of all (free_dead).
 *
 * Invariants: an object's state is changed by the owner or under the lock of
 *             whoever owns the span.
 *             of a large object, one sweeper changes sweepgen: it decides.
 *             what a sweep frees it marks, so no other takes what comes there.
 * Locking:    mcache or mcentral, then mheap.
 * Context:    busy threads, worker.
 */
#include "gc/sweep.h"

#include <string.h>

#include "core/atomics.h"
#include "core/heapmap.h"
#include "core/large.h"
#include "core/mcache_spans.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/options.h"
#include "gc/mark.h"
#include "gc/sound.h"

enum {
	CLASS_TRIES = 100, /* spans swept for one that has room; Go's */
	CLOBBER_WORD = (int)0xdeadbeef, /* Go's, over what was freed */
};

static struct sweep_totals totals; /* atomic, each of them */

void sweep_begin(void)
{
	store_release(&mheap.sweepgen, mheap.sweepgen + 2);
}

static bool is_swept(const struct mspan *s)
{
	return load_relaxed(&s->sweepgen) == load_relaxed(&mheap.sweepgen);
}

static void clobber(struct mspan *s, unsigned w, uint64_t dead)
{
	size_t size = mspan_elemsize(s);

	for (; dead != 0; dead &= dead - 1) {
		uint32_t index = w * 64 + ctz64(dead);
		uint32_t *p =
			(uint32_t *)mspan_object((struct objref){s, index});
		for (size_t i = 0; i < size / sizeof *p; i++)
			p[i] = (uint32_t)CLOBBER_WORD;
	}
}

/* The objects of word w that this sweep frees. */
static uint64_t dead_bits(struct mspan *s, unsigned w)
{
	uint64_t dead =
		mspan_allocated_bits(s, w) & ~load_acquire(&mspan_marks(s)[w]);
	uint64_t freed = load_acquire(&mspan_remote(s)->bits[w]);

	if ((dead & ~freed) != 0)
		fetch_add_relaxed(
			&totals.nunreachable, popcount64(dead & ~freed));
	if (options.gcsound) {
		sound_flag(s, w, dead & ~freed);
		return 0;
	}
	return options.unreachable == UNREACHABLE_RECLAIM ? dead : dead & freed;
}

static void set_kept(struct mspan *s, unsigned w, uint64_t objects)
{
	for (; objects != 0; objects &= objects - 1) {
		struct objref o = {s, w * 64 + ctz64(objects)};
		store_release(mspan_state(o), OBJECT_KEPT);
	}
}

/*
 * When they are FREE nothing must be left to do about them.  What the program
 * has freed says so to every further free until then, by its remote bit or its
 * state; it is no sample any more.
 */
static void free_dead(struct mspan *s, unsigned w, uint64_t dead)
{
	uint64_t *freed = &mspan_remote(s)->bits[w];

	fetch_or_seqcst(&mspan_marks(s)[w], dead);
	set_kept(s, w, dead & load_acquire(freed));
	fetch_and_seqcst(freed, ~dead);
	mspan_free_objects(s, w, dead);
}

static void sweep_word(struct mspan *s, unsigned w, size_t *nfreed)
{
	uint64_t dead = dead_bits(s, w);

	if (dead == 0)
		return;
	*nfreed += popcount64(dead);
	if (options.clobberfree)
		clobber(s, w, dead);
	free_dead(s, w, dead);
}

static void count(size_t nfreed, size_t size)
{
	fetch_add_relaxed(&totals.nspans, 1);
	fetch_add_relaxed(&totals.nfreed, nfreed);
	fetch_add_relaxed(&totals.bytes_freed, nfreed * size);
}

void sweep_span_locked(struct mspan *s)
{
	size_t nfreed = 0;

	if (is_swept(s))
		return;
	for (unsigned w = 0; w < s->nwords; w++)
		sweep_word(s, w, &nfreed);
	store_release(&s->sweepgen, load_relaxed(&mheap.sweepgen));
	count(nfreed, mspan_elemsize(s));
}

/* Sweeps a span of one of c's lists and lists it anew, in front. */
static void sweep_listed_locked(struct mcache *c, struct mspan *s)
{
	sweep_span_locked(s);
	mcache_unlist_locked(c, s);
	mcache_relist_locked(c, s);
}

/* One of c's unswept spans of the class, best first, or NULL. */
static struct mspan *unswept_locked(struct mcache *c, unsigned class)
{
	static const enum mspan_list_id order[] = {
		MSPAN_PARTIAL, MSPAN_SPARSE, MSPAN_PURGED, MSPAN_FULL};

	for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
		struct mspan *s = c->classes[class].lists[order[i]].tail;
		if (s != NULL && !is_swept(s))
			return s;
	}
	return NULL;
}

void sweep_class_locked(struct mcache *c, unsigned class)
{
	for (int tries = 0; tries < CLASS_TRIES; tries++) {
		struct mspan *best =
			c->classes[class].lists[MSPAN_PARTIAL].head;
		if (best != NULL && is_swept(best))
			return;
		struct mspan *s = unswept_locked(c, class);
		if (s == NULL)
			return;
		sweep_listed_locked(c, s);
	}
}

void sweep_current(struct mcache *c)
{
	lock(&c->lock);
	for (unsigned class = 1; class < NCLASSES; class ++)
		if (c->slots[class].current != &mspan_none)
			sweep_span_locked(c->slots[class].current);
	unlock(&c->lock);
}

/*
 * Sweeps a span that owner had when it was asked; false: it is somebody else's
 * by now.
 */
static bool sweep_owned(struct mcache *owner, struct mspan *s)
{
	lock(&owner->lock);
	bool dead = owner->dead, ours = !dead && mspan_owner(s) == owner;
	if (dead) {
		mcache_abandon_locked(owner); /* fork: to mcentral */
	} else if (!ours || is_swept(s)) {
		/* Nothing to do here. */
	} else if (mcache_is_current(owner, s)) {
		sweep_span_locked(s);
	} else {
		sweep_listed_locked(owner, s);
	}
	unlock(&owner->lock);
	if (dead)
		mcache_give(owner);
	return ours;
}

static void sweep_large(struct mspan *s)
{
	struct objref o = {s, 0};
	uint32_t now = load_relaxed(&mheap.sweepgen), before = now - 2;
	size_t size = mspan_elemsize(s);

	if (!try_cas_acqrel(&s->sweepgen, &before, now))
		return; /* somebody else's, or new */
	uint64_t dead = dead_bits(s, 0);
	count(dead != 0, size);
	if (dead == 0)
		return;
	if (options.clobberfree)
		clobber(s, 0, dead);
	mspan_mark_remote(o); /* if it was not freed: nobody else may */
	large_give_back(s);
}

static void sweep_any(struct mspan *s)
{
	bool done = false;

	while (!done && !is_swept(s)) {
		uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);
		struct mcache *owner = mspan_owner(s);
		if ((handoff & HANDOFF_DEAD) != 0)
			return;
		if ((handoff & HANDOFF_LARGE) != 0) {
			sweep_large(s);
			return;
		}
		/* Not done: it has changed hands, which does not go on. */
		if (owner != NULL)
			done = sweep_owned(owner, s);
		else
			done = mcentral_visit(s, sweep_span_locked);
	}
}

void sweep_pages(uintptr_t lo, uintptr_t hi)
{
	for (uintptr_t at = lo; at < hi; at += GO_PAGE_SIZE) {
		struct mspan *s = heapmap_lookup(at);
		if (s != NULL && !is_swept(s))
			sweep_any(s);
	}
}

void sweep_finish(void)
{
	uintptr_t base = heapmap.base;

	sweep_pages(base, base + load_acquire(&heapmap.size));
}

struct sweep_totals sweep_read_totals(void)
{
	return (struct sweep_totals){
		.nspans = load_relaxed(&totals.nspans),
		.nfreed = load_relaxed(&totals.nfreed),
		.bytes_freed = load_relaxed(&totals.bytes_freed),
		.nunreachable = load_relaxed(&totals.nunreachable),
	};
}
