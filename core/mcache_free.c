/*
 * mcache_free: frees by the owner, by strangers and by signal handlers.
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
 * else can have business in it, since a free by the owner ends with the store
 * of OBJECT_FREE (mspan_free_by_owner), and what the owner has in a magazine
 * is KEPT, which is not freed.
 *
 * A signal handler that interrupts a fast path has no mcache, so it is a
 * stranger too, even to the spans of its own thread.
 *
 * Locking:    mcache, then mcentral, then mheap.
 * Context:    busy threads; mcache_defer_free: handlers.
 */
#include "core/fatal.h"
#include "core/mcache.h"
#include "core/mcache_spans.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "gc/gc.h"

/* The rest of a free by the owner: a list has to change, or may have to. */
static void free_event(struct mcache *c, struct objref o)
{
	struct mspan *s = o.span;

	lock(&c->lock);
	store_release(mspan_state(o), OBJECT_FREE);
	if (mcache_is_current(c, s)) {
		store_relaxed(&s->free_until, MSPAN_FREE_NEVER);
	} else {
		unsigned class = s->class;
		bool shrinks = s->list != MSPAN_FULL;
		mcache_relist_locked(c, s);
		/* What is kept would hold the class's other spans. */
		if (shrinks)
			mcache_flush_locked(c, class);
	}
	unlock(&c->lock);
}

static bool free_by_owner(struct mcache *c, struct objref o)
{
	struct mspan *s = o.span;

	if (mspan_is_marked_remote(o) || !mspan_is_allocated(o))
		return false;
	/* Not above 0 where the fast path has counted down already. */
	if (s->free_until <= 0 || --s->free_until <= 0)
		free_event(c, o);
	else
		store_release(mspan_state(o), OBJECT_FREE);
	return true;
}

static void set_pending_locked(struct mcache *owner, struct mspan *s)
{
	/* pairs: mcache_collect_locked */
	uintptr_t old =
		fetch_or_seqcst(&mspan_remote(s)->handoff, HANDOFF_PENDING);

	if ((old & HANDOFF_PENDING) != 0)
		return;
	mspan_let_free(s, &mcache_none);
	mcache_inbox_push_locked(owner, s);
}

/* Does what a stranger's free asks for, if the owner is still the same. */
static bool tell_locked(
	struct mcache *owner, const struct mcache *c, struct mspan *s)
{
	if (mspan_owner(s) != owner)
		return false;
	if (owner == c)
		mcache_collect_locked(owner, s);
	else if (!mcache_is_current(owner, s) && mspan_all_freed_remotely(s))
		mcache_free_empty_locked(owner, s);
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
		mcache_abandon_locked(owner);
	unlock(&owner->lock);
	if (dead)
		mcache_give(owner);
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
		mcache_relist_locked(c, s);
	unlock(&c->lock);
	return mine;
}

void mcache_tell_owner(struct mcache *c, struct mspan *s)
{
	for (;;) {
		uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);
		if ((handoff & (HANDOFF_DEAD | HANDOFF_LARGE)) != 0)
			return; /* collected by somebody, and gone */
		struct mcache *owner = mspan_owner(s);
		if (owner != NULL ? tell(owner, c, s) : tell_central(c, s))
			return;
	}
}

/* The last of its word: perhaps the last of its span. */
static bool is_last_of_word(struct objref o)
{
	struct mspan *s = o.span;
	unsigned w = o.index / 64;

	return (mspan_allocated_bits(s, w) &
		       ~load_relaxed(&mspan_remote(s)->bits[w])) == 0;
}

static bool needs_telling(struct objref o)
{
	struct mspan *s = o.span;
	/* pairs: mcache_collect_locked */
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
	/* A sweeper has the lock: not even the owner may do without. */
	if (c != NULL && mspan_owner(o.span) == c && !gc_mode.on)
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
