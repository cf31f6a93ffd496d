/*
 * mcentral: the spans of one class that no thread owns.
 *
 *   mcache_release --put--> mcentral --take, adopt--> another mcache
 *                                    --empty--------> mheap
 *
 * Spans get here only when their thread ends.  A thread that needs a span of
 * the class takes one with room; a thread that frees into one adopts it, so
 * that the frees to come are as cheap as into a span of its own.
 *
 * Invariants: a span is in a list here exactly while its handoff names no
 *             owner and is not dead.
 *             nothing in it is KEPT: there is no magazine that could have it.
 * Locking:    mcentral, one lock a class, taken inside the mcache's.
 * Context:    busy threads.
 */
#include "core/mcentral.h"

#include "core/mcache.h"
#include "core/mheap.h"

enum {
	SPARSE_KEEP = 8, /* newest sparse spans of a class, left resident */
};

struct mcentral mcentrals[NCLASSES] = {
	[0 ... NCLASSES - 1] = {.lock = LOCK_INIT(mcentral)},
};

static bool is_unowned(struct mspan *s)
{
	uintptr_t handoff = load_acquire(&mspan_remote(s)->handoff);

	return (handoff & ~(uintptr_t)HANDOFF_DEFERRED) == 0;
}

/* s may be stale: to be asked again under the lock. */
static struct mcentral *mcentral_of(const struct mspan *s)
{
	return &mcentrals[load_relaxed(&s->class)];
}

static void unlist_locked(struct mcentral *m, struct mspan *s)
{
	mspan_list_remove(&m->lists[s->list], s);
	s->list = MSPAN_UNLISTED;
}

static void list_locked(
	struct mcentral *m, struct mspan *s, enum mspan_list_id list)
{
	s->list = (uint8_t)list;
	mspan_list_push(&m->lists[list], s);
}

/* Lists the span where it belongs; an empty one goes back to mheap. */
static void list_or_free_locked(struct mcentral *m, struct mspan *s)
{
	enum mspan_list_id list = mspan_classify(s);

	if (list == MSPAN_UNLISTED) {
		mheap_free_span(s);
		return;
	}
	list_locked(m, s, list);
	if (m->lists[MSPAN_SPARSE].n > SPARSE_KEEP) {
		s = m->lists[MSPAN_SPARSE].tail;
		unlist_locked(m, s);
		mheap_set_purged(s, mspan_purge(s));
		list_locked(m, s, MSPAN_PURGED);
	}
}

static void give_to_locked(struct mspan *s, struct mcache *c)
{
	/* pairs: mcache_tell_owner */
	fetch_or_seqcst(&mspan_remote(s)->handoff, (uintptr_t)c);
	mspan_collect_remote(s);
	s->magazines = &c->slots[s->class].magazines;
	mspan_let_free(s, c);
}

/* The span that is best to allocate from, or NULL. */
static struct mspan *best_span(struct mcentral *m)
{
	static const enum mspan_list_id order[] = {
		MSPAN_PARTIAL, MSPAN_SPARSE, MSPAN_PURGED};
	struct mspan *s = NULL;

	for (unsigned i = 0; s == NULL && i < sizeof order / sizeof *order; i++)
		s = load_relaxed(&m->lists[order[i]].head);
	return s;
}

struct mspan *mcentral_take(unsigned class, struct mcache *c)
{
	struct mcentral *m = &mcentrals[class];

	if (best_span(m) == NULL)
		return NULL;
	lock(&m->lock);
	struct mspan *s = best_span(m);
	if (s != NULL) {
		unlist_locked(m, s);
		mheap_set_purged(s, 0);
		give_to_locked(s, c);
	}
	unlock(&m->lock);
	return s;
}

void mcentral_put(struct mspan *s)
{
	struct mcentral *m = &mcentrals[s->class];

	lock(&m->lock);
	mspan_let_free(s, &mcache_none);
	/* pairs: mcache_tell_owner */
	fetch_and_seqcst(&mspan_remote(s)->handoff, HANDOFF_DEFERRED);
	mspan_collect_remote(s);
	mspan_free_kept(s);
	list_or_free_locked(m, s);
	unlock(&m->lock);
}

bool mcentral_adopt(struct mspan *s, struct mcache *c)
{
	struct mcentral *m = mcentral_of(s);

	lock(&m->lock);
	bool mine = is_unowned(s) && m == mcentral_of(s);
	if (mine) {
		unlist_locked(m, s);
		give_to_locked(s, c);
	}
	unlock(&m->lock);
	return mine;
}

bool mcentral_visit(struct mspan *s, void (*visit)(struct mspan *s))
{
	struct mcentral *m = mcentral_of(s);

	lock(&m->lock);
	bool unowned = is_unowned(s) && m == mcentral_of(s);
	if (unowned) {
		unlist_locked(m, s);
		visit(s);
		list_or_free_locked(m, s);
	}
	unlock(&m->lock);
	return unowned;
}

static void collect(struct mspan *s)
{
	mspan_collect_remote(s);
}

bool mcentral_collect(struct mspan *s)
{
	return mcentral_visit(s, collect);
}

void mcentral_lock_all(void)
{
	for (unsigned class = 0; class < NCLASSES; class ++)
		lock_one_of_many(&mcentrals[class].lock);
}

void mcentral_unlock_all(void)
{
	for (unsigned class = NCLASSES; class > 0; class --)
		unlock(&mcentrals[class - 1].lock);
}

void mcentral_reset_locks(void)
{
	for (unsigned class = 0; class < NCLASSES; class ++)
		lock_reset(&mcentrals[class].lock);
}
