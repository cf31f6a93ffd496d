/*
 * mspan: a run of pages cut into objects of one size, and who may change it.
 *
 *   line 0      lists and shape
 *   line 1      base, magic, owner, free_cache, free_until
 *   line 2 ...  states, a byte per object          (written by the owner)
 *   line k      handoff | remote bits ...          (written by strangers)
 *   line m      mark bits ...                      (written by the collector)
 *
 * An object's state is the truth: LIVE while the program has the object.  It
 * is stored by the malloc that hands the object out and by its free, so every
 * misuse shows at the very call.  Only the owner writes states, by plain
 * stores, or whoever holds the owner's lock those of objects that the owner
 * has no call about; a stranger sets the object's remote bit instead and the
 * owner collects these later.
 *
 *   FREE  malloc  LIVE
 *   LIVE  free    KEPT   in its owner's magazine, ready for malloc
 *                 FREE   where that is full; by a stranger, when collected
 *   KEPT  malloc  LIVE
 *         flush   FREE   (mcache_flush_locked, mcentral_put)
 *
 * free_cache is no more than a note of which objects of one word, 64 of them,
 * were FREE when the word was looked at; what is freed since does not come
 * back into it.
 *
 * free_until is how a free finds out, without any other test, that a list
 * must change.  A full span counts down to the point where it has room worth
 * coming back for (an eighth free), a partial one to where it is sparse, a
 * sparse one to a quarter of that and so on to empty, a current one never.
 * The free that counts down to 0 changes the list in its slow path; one by a
 * signal handler that comes before it gets there counts below 0, and does so
 * as well.
 *
 * Invariants: states at nelems and above are FREE.
 *             a remote bit is set only where the state is LIVE or SAMPLED.
 *             free_until counts objects that the owner makes FREE: not those
 *             that it keeps, and those of strangers not before they are
 *             collected.
 * Ownership:  handoff names the owner: an mcache, or NULL for the mcentral of
 *             the class.  It changes only under the lock of the old owner and
 *             of the new one.  s->owner is a copy that also says that nothing
 *             is pending; any thread may clear it under the owner's lock.
 * Context:    any thread; handlers run only the inline functions and
 *             mspan_mark_remote.
 */
#include "core/mspan.h"

#include <string.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/mcache.h"
#include "core/os.h"
#include "gc/gc.h"
#include "prof/prof.h"

enum {
	LINE = 64,
	WAKE_DIVISOR = 8,    /* a full span is visited again at 1/8 free */
	SPARSE_DIVISOR = 64, /* it is sparse at 1/64 allocated, or one object */
	SPARSE_MIN = 4,      /* of this many or more */
	SPARSE_AGAIN = 4,    /* and looked at again at a quarter of that */
};

static_assert(offsetof(struct mspan, base) == LINE, "one line before base");

static unsigned remote_line_for(unsigned nwords)
{
	return sizeof(struct mspan) / LINE + nwords;
}

unsigned mspan_nlines(unsigned nelems)
{
	unsigned nwords = mspan_nwords(nelems);
	size_t remote = sizeof(struct mspan_remote) + nwords * sizeof(uint64_t);

	return remote_line_for(nwords) + (unsigned)ceil_div(remote, LINE) +
	       (unsigned)ceil_div(nwords * sizeof(uint64_t), LINE);
}

void mspan_init(struct mspan *s, uintptr_t base, uint32_t npages,
	unsigned class, unsigned nelems)
{
	s->next = s->prev = s->inbox_next = s->inbox_prev = NULL;
	s->npages = npages;
	s->list = MSPAN_UNLISTED;
	s->moved = false;
	s->purged = 0;
	store_relaxed(&s->nwords, (uint8_t)mspan_nwords(nelems));
	store_relaxed(&s->remote_line, (uint8_t)remote_line_for(s->nwords));
	s->base = base;
	s->magic = sizeclass_table[class].magic;
	s->elemsize = sizeclass_table[class].size;
	store_relaxed(&s->nelems, (uint16_t)nelems);
	store_relaxed(&s->class, (uint8_t) class);
	store_relaxed(&s->free_cache, 0);
	store_relaxed(&s->cached_word, 0);
	store_relaxed(&s->free_until, MSPAN_FREE_NEVER);
	s->magazines = NULL;
	mspan_let_free(s, &mcache_none);
	for (unsigned w = 0; w < s->nwords; w++) {
		memset(&s->states[w * 64], OBJECT_FREE, 64);
		store_relaxed(&mspan_remote(s)->bits[w], 0);
		store_relaxed(&mspan_marks(s)[w], UINT64_MAX);
	}
	store_release(&mspan_remote(s)->handoff,
		class == 0 ? HANDOFF_LARGE : HANDOFF_DEAD);
}

unsigned mspan_count_allocated(const struct mspan *s)
{
	unsigned n = 0;

	for (unsigned w = 0; w < s->nwords; w++)
		n += popcount64(mspan_allocated_bits(s, w));
	return n;
}

unsigned mspan_count_free(const struct mspan *s)
{
	unsigned n = 0;

	for (unsigned w = 0; w < s->nwords; w++)
		n += popcount64(mspan_free_bits(s, w));
	return n;
}

bool mspan_all_freed_remotely(struct mspan *s)
{
	unsigned nwords = load_relaxed(&s->nwords); /* s may be stale */

	for (unsigned w = 0; w < nwords; w++) {
		/* pairs: mspan_free_by_owner */
		uint64_t inuse = ~states_equal(&s->states[w * 64], OBJECT_FREE);
		uint64_t freed = load_acquire(&mspan_remote(s)->bits[w]);
		if ((inuse & ~freed) != 0)
			return false;
	}
	return true;
}

void mspan_free_objects(struct mspan *s, unsigned w, uint64_t objects)
{
	for (; objects != 0; objects &= objects - 1) {
		struct objref o = {s, w * 64 + ctz64(objects)};
		if (unlikely(load_relaxed(mspan_state(o)) == OBJECT_SAMPLED))
			prof_forget(mspan_object(o));
		store_release(mspan_state(o), OBJECT_FREE);
	}
}

void mspan_free_kept(struct mspan *s)
{
	for (unsigned w = 0; w < s->nwords; w++)
		mspan_free_objects(
			s, w, states_equal(&s->states[w * 64], OBJECT_KEPT));
}

void mspan_let_free(struct mspan *s, struct mcache *c)
{
	/* pairs: mspan_owned_by */
	store_release(&s->owner, gc_mode.on ? &mcache_none : c);
}

unsigned mspan_collect_remote(struct mspan *s)
{
	struct mspan_remote *remote = mspan_remote(s);
	unsigned n = 0;

	if (gc_mode.defers)
		return 0; /* a sweep does it */
	for (unsigned w = 0; w < s->nwords; w++) {
		/* Not before handoff has changed: pairs: needs_telling */
		if (load_seqcst(&remote->bits[w]) == 0)
			continue;
		/* pairs: mspan_mark_remote */
		uint64_t freed = exchange_seqcst(&remote->bits[w], 0);
		uint64_t twice = freed & ~mspan_allocated_bits(s, w);
		if (twice != 0)
			fatal("double free of 0x%lx (size class %zu)",
				s->base + (w * 64 + ctz64(twice)) *
						  mspan_elemsize(s),
				mspan_elemsize(s));
		/* What comes there next is not for the last mark to judge. */
		if (gc_mode.on)
			fetch_or_seqcst(&mspan_marks(s)[w], freed);
		mspan_free_objects(s, w, freed);
		n += popcount64(freed);
	}
	return n;
}

bool mspan_is_worth_visit(unsigned nfree, unsigned nelems)
{
	unsigned wake = nelems / WAKE_DIVISOR;

	return nfree >= (wake > 0 ? wake : 1);
}

/* At how many allocated objects of nelems a span is sparse; 0: never. */
static unsigned sparse_at(unsigned nelems)
{
	if (nelems / SPARSE_DIVISOR > 0)
		return nelems / SPARSE_DIVISOR;
	return nelems >= SPARSE_MIN ? 1 : 0;
}

/* The list for n allocated objects, and the frees until that changes. */
static enum mspan_list_id classify(
	unsigned n, unsigned nelems, int32_t *free_until)
{
	unsigned wake = nelems / WAKE_DIVISOR > 0 ? nelems / WAKE_DIVISOR : 1;
	unsigned sparse = sparse_at(nelems);

	*free_until = 0;
	if (n == 0)
		return MSPAN_UNLISTED;
	if (nelems - n < wake) {
		*free_until = (int32_t)(wake - (nelems - n));
		return MSPAN_FULL;
	}
	if (n <= sparse) {
		*free_until = (int32_t)(n - n / SPARSE_AGAIN);
		return MSPAN_SPARSE;
	}
	*free_until = (int32_t)(n - sparse);
	return MSPAN_PARTIAL;
}

enum mspan_list_id mspan_classify(struct mspan *s)
{
	int32_t free_until;

	if (CHECK_LEVEL >= 2)
		mspan_verify(s);
	unsigned ninuse = s->nelems - mspan_count_free(s);
	enum mspan_list_id list = classify(ninuse, s->nelems, &free_until);
	store_relaxed(&s->free_until, free_until);
	return list;
}

bool mspan_has_room_again(struct mspan *s)
{
	/* What is free was freed behind the cached words' back. */
	unsigned nfreed =
		(unsigned)(MSPAN_FREE_NEVER - load_relaxed(&s->free_until));

	if (!mspan_is_worth_visit(nfreed, s->nelems))
		return false;
	store_relaxed(&s->free_until, MSPAN_FREE_NEVER);
	return mspan_is_worth_visit(mspan_count_free(s), s->nelems);
}

/* Gives back the whole OS pages in [from, to); their bytes. */
static size_t purge_gap(uintptr_t from, uintptr_t to)
{
	from = align_up(from, os_page_size);
	to = align_down(to, os_page_size);
	if (from >= to)
		return 0;
	os_purge(from, to - from);
	return to - from;
}

size_t mspan_purge(struct mspan *s)
{
	size_t size = mspan_elemsize(s), purged = 0;
	uintptr_t free_from = s->base;

	if (os_release_uncommits())
		return 0; /* they would stay charged, or need mappings */
	for (unsigned i = 0; i < s->nelems; i++) {
		if (load_relaxed(&s->states[i]) == OBJECT_FREE)
			continue;
		purged += purge_gap(free_from, s->base + i * size);
		free_from = s->base + (i + 1) * size;
	}
	purged += purge_gap(
		free_from, s->base + ((size_t)s->npages << GO_PAGE_SHIFT));
	return purged;
}

bool mspan_mark_remote(struct objref o)
{
	uint64_t bit = UINT64_C(1) << o.index % 64;
	uint64_t *word = &mspan_remote(o.span)->bits[o.index / 64];

	/* Release of the object, and the first half of the handshake with */
	/* mcache_collect_locked.  pairs: mspan_collect_remote */
	return (fetch_or_seqcst(word, bit) & bit) == 0;
}

bool mspan_is_marked_remote(struct objref o)
{
	uint64_t *word = &mspan_remote(o.span)->bits[o.index / 64];

	return load_relaxed(word) >> (o.index % 64) & 1;
}

void mspan_verify(struct mspan *s)
{
	check(s->nelems > 0 && s->nwords == mspan_nwords(s->nelems));
	check(s->nlines == mspan_nlines(s->nelems));
	check(s->class < NCLASSES && s->base % GO_PAGE_SIZE == 0);
	check(s->magic == sizeclass_table[s->class].magic);
	check(mspan_elemsize(s) * s->nelems <= (size_t)s->npages
						       << GO_PAGE_SHIFT);
	check(s->list < MSPAN_NLISTS && s->purged <= s->npages
							     << GO_PAGE_SHIFT);
	for (unsigned w = 0; w < s->nwords; w++) {
		uint64_t freed = load_relaxed(&mspan_remote(s)->bits[w]);
		check((freed & ~mspan_allocated_bits(s, w)) == 0);
	}
	/* free_until: a handler's free may be under way; not checked. */
}

void mspan_list_push(struct mspan_list *l, struct mspan *s)
{
	s->prev = NULL;
	s->next = l->head;
	if (l->head != NULL)
		l->head->prev = s;
	else
		l->tail = s;
	store_relaxed(&l->head, s);
	l->n++;
}

void mspan_list_remove(struct mspan_list *l, struct mspan *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		store_relaxed(&l->head, s->next);
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		l->tail = s->prev;
	s->next = s->prev = NULL;
	l->n--;
}
