/*
 * mcache_spans: the lists of spans that an mcache owns.
 *
 *   current   not listed
 *   PARTIAL   has room; refills take the newest
 *   SPARSE    hardly anything but room; the newest few stay resident
 *   PURGED    sparse for longer: its free pages went back to the OS
 *   FULL      too little room to come back for
 *   inbox     beside its list: strangers have freed objects in it (PENDING)
 *
 * A sparse span, kept alive by an object or two, gives back its free pages
 * once a few others have become sparse after it.  An empty span goes back to
 * mheap, unless it is its class's only one with room: a program that frees
 * and allocates at a span's edge does not thrash.
 *
 * Invariants: a span's handoff names c exactly while it is c's current span
 *             or in one of c's lists.
 *             a span is in the inbox exactly while it is PENDING.
 * Locking:    the mcache's lock, held by the caller; mheap inside it.
 * Context:    busy threads.
 */
#include "core/mcache_spans.h"

#include "core/mheap.h"

enum {
	SPARSE_KEEP = 4, /* newest sparse spans of a class, left resident */
};

void mcache_unlist_locked(struct mcache *c, struct mspan *s)
{
	if (s->list != MSPAN_UNLISTED)
		mspan_list_remove(&c->classes[s->class].lists[s->list], s);
	s->list = MSPAN_UNLISTED;
}

static void mcache_list_locked(
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

void mcache_inbox_push_locked(struct mcache *c, struct mspan *s)
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
		mcache_unlist_locked(c, s);
		mheap_set_purged(s, mspan_purge(s));
		mcache_list_locked(c, s, MSPAN_PURGED);
	}
}

void mcache_free_empty_locked(struct mcache *c, struct mspan *s)
{
	mcache_unlist_locked(c, s);
	if (load_relaxed(&mspan_remote(s)->handoff) & HANDOFF_PENDING)
		inbox_remove_locked(c, s);
	mheap_free_span(s);
}

/* Whether no span but s has room for the class. */
static bool is_only_partial(const struct mcache_class *k, const struct mspan *s)
{
	const struct mspan *head = k->lists[MSPAN_PARTIAL].head;

	return head == NULL || (head == s && head->next == NULL);
}

void mcache_relist_locked(struct mcache *c, struct mspan *s)
{
	struct mcache_class *k = &c->classes[s->class];
	enum mspan_list_id list = mspan_classify(s);

	if (list == MSPAN_UNLISTED && is_only_partial(k, s))
		list = MSPAN_PARTIAL; /* empty, and kept for the next refill */
	if (list == MSPAN_SPARSE && s->list == MSPAN_PURGED) {
		mheap_set_purged(s, mspan_purge(s));
	} else if (list == MSPAN_UNLISTED) {
		mcache_free_empty_locked(c, s);
	} else if (list != s->list) {
		mcache_unlist_locked(c, s);
		mcache_list_locked(c, s, list);
		purge_oldest_locked(c, k);
	}
}

bool mcache_is_current(const struct mcache *c, const struct mspan *s)
{
	return c->slots[s->class].current == s;
}

/* Takes over what strangers freed in one span. */
void mcache_collect_locked(struct mcache *c, struct mspan *s)
{
	mspan_let_free(s, c);
	/* A stranger that sets a bit after this sees no PENDING and tells. */
	uintptr_t old = fetch_and_seqcst(&mspan_remote(s)->handoff,
		~(uintptr_t)HANDOFF_PENDING); /* pairs: needs_telling */
	if ((old & HANDOFF_PENDING) != 0)
		inbox_remove_locked(c, s);
	mspan_collect_remote(s);
	if (!mcache_is_current(c, s))
		mcache_relist_locked(c, s);
}

void mcache_collect_inbox_locked(struct mcache *c)
{
	while (c->inbox != NULL)
		mcache_collect_locked(c, c->inbox);
}
