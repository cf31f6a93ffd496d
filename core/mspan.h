/*
 * mspan: a run of pages cut into objects of one size.  See mspan.c.
 */
#ifndef CORE_MSPAN_H
#define CORE_MSPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/compiler.h"
#include "core/local.h"
#include "core/magazine.h"
#include "core/sizeclass.h"
#include "core/states.h"

struct mcache;

/* Which list of its owner (or of its mcentral) a span is in. */
enum mspan_list_id {
	MSPAN_UNLISTED, /* an mcache's current span, or a large object */
	MSPAN_PARTIAL,  /* has room worth coming back for */
	MSPAN_SPARSE,   /* has hardly anything else */
	MSPAN_PURGED,   /* likewise, and its free pages are not resident */
	MSPAN_FULL,     /* has no room worth coming back for */
	MSPAN_NLISTS,
};

/* free_until of a span in no list. */
#define MSPAN_FREE_NEVER INT32_MAX

/* Bits beside the owner in mspan_remote.handoff. */
enum {
	HANDOFF_PENDING = 1, /* in its owner's inbox: remote frees to collect */
	HANDOFF_DEFERRED = 2, /* in some thread's list of deferred spans */
	HANDOFF_DEAD = 4,     /* no span at all, or not yet given to anybody */
	HANDOFF_LARGE = 8,    /* a large object: whoever frees it owns it */
	HANDOFF_FLAGS = 15,
};

/*
 * One span.  The struct is never unmapped and never becomes anything but an
 * mspan of the same capacity, so a stale pointer may be read, not trusted;
 * remote_line, nelems, nwords and class are read that way, and what others
 * may write.
 */
struct mspan {
	/* Guarded by the lock of whoever owns the span. */
	struct mspan *next;          /* in the list that `list` names */
	struct mspan *prev;          /* likewise */
	struct mspan *inbox_next;    /* in its owner's inbox, when PENDING */
	struct mspan *inbox_prev;    /* likewise */
	struct mspan *deferred_next; /* while DEFERRED; that thread only */
	uint32_t npages;             /* Go pages in the span */
	uint32_t sweepgen;           /* the collector's; 2 more at each cycle */
	uint8_t list;                /* enum mspan_list_id */
	uint8_t nlines;              /* size of this struct in cache lines */
	uint8_t nwords;              /* words of 64 states, at least 1 */
	uint8_t remote_line;         /* cache line of struct mspan_remote */
	bool moved;                  /* os_move put pages into it */
	uint32_t purged;             /* bytes that mspan_purge gave back */

	/* Fixed while in use.  This line is what malloc and free look at. */
	uintptr_t base ALIGNED(64); /* address of object 0 */
	uint64_t magic;       /* divides by the object size: sizeclass.h */
	struct mcache *owner; /* whose frees may be fast; or &mcache_none */
	struct magazines *magazines; /* the owner's for this class; likewise */

	/* Owner only: what the next mallocs take. */
	uint64_t free_cache; /* free objects of one word, as bits; 0: go slow */
	uint64_t elemsize;   /* bytes per object; fixed; 0 if large */
	int32_t free_until;  /* frees by the owner until a list change */

	/* Fixed while in use, but for cached_word. */
	uint16_t nelems;     /* objects in the span */
	uint8_t class;       /* size class; 0 is one large object */
	uint8_t cached_word; /* owner only: the word that free_cache is of */
	bool has_freed;      /* collector only: remote bits were set when */
			     /* marking began */

	/* Owner writes, others read: enum object_state of each object; the */
	/* states of a word of objects stand on one cache line. */
	uint8_t states[] ALIGNED(64);
};

/* What threads that do not own the span write: lines of their own. */
struct mspan_remote {
	uintptr_t handoff; /* the owner or NULL, and HANDOFF_ bits */
	uint64_t bits[];   /* 1 = freed by another thread, not yet collected */
};

/*
 * Words of bits for nelems objects: one more at a multiple of 64, so that the
 * tail is addressable.
 */
static inline unsigned mspan_nwords(unsigned nelems)
{
	return nelems / 64 + 1;
}

/* An object: its span and its index there.  span NULL: none. */
struct objref {
	struct mspan *span; /* where it lies */
	uint32_t index;     /* which one it is */
};

/* Cache lines of an mspan for nelems objects. */
unsigned mspan_nlines(unsigned nelems);

/* Makes a span of zeroed or reused memory; nothing allocated, not owned. */
void mspan_init(struct mspan *s, uintptr_t base, uint32_t npages,
	unsigned class, unsigned nelems);

/* The words that other threads write. */
static inline struct mspan_remote *mspan_remote(struct mspan *s)
{
	unsigned line = load_relaxed(&s->remote_line); /* s may be stale */

	return (struct mspan_remote *)((char *)s + 64u * line);
}

/*
 * The collector's mark bits, 1 = reached, by index; on lines of
 * their own behind the remote bits.  All set in a new span: what is allocated
 * while a mark runs is not for this mark to judge.  nelems alone says where
 * they are, so a marker need not look at the struct's first line.
 */
static inline uint64_t *mspan_marks(struct mspan *s)
{
	unsigned nwords = mspan_nwords(load_relaxed(&s->nelems));
	unsigned line = 2 + nwords + (nwords + 8) / 8;

	return (uint64_t *)(void *)((char *)s + 64u * line);
}

/* Bytes of one object. */
static inline size_t mspan_elemsize(const struct mspan *s)
{
	return s->class != 0 ? sizeclass_table[s->class].size
			     : (size_t)s->npages << GO_PAGE_SHIFT;
}

/* Who owns the span: an mcache, or NULL for mcentral, a large object. */
static inline struct mcache *mspan_owner(struct mspan *s)
{
	uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);

	return (struct mcache *)(handoff & ~(uintptr_t)HANDOFF_FLAGS);
}

/* Address of an object. */
static inline uintptr_t mspan_object(struct objref o)
{
	return o.span->base + o.index * mspan_elemsize(o.span);
}

/* Objects the program has, remote frees that are not collected included. */
unsigned mspan_count_allocated(const struct mspan *s);

/* Objects in the span itself: not the program's, not in a magazine. */
unsigned mspan_count_free(const struct mspan *s);

/* Whether every object handed out has been freed by another thread. */
bool mspan_all_freed_remotely(struct mspan *s);

/*
 * Takes remote frees over into the states and says how many there were.
 * Dies if an object was freed twice.  Holds: the owner's lock.
 */
unsigned mspan_collect_remote(struct mspan *s);

/* Marks objects of word w, given as bits, as free.  Holds: the owner's lock. */
void mspan_free_objects(struct mspan *s, unsigned w, uint64_t objects);

/*
 * Marks as free what the owner has kept, which is gone or going, and whose
 * magazines forget it.  Holds: as above.
 */
void mspan_free_kept(struct mspan *s);

/*
 * Counts what is in use, decides which list the span belongs in
 * (MSPAN_UNLISTED: empty, nothing is allocated) and sets free_until for it.
 * Holds: the owner's lock.
 */
enum mspan_list_id mspan_classify(struct mspan *s);

/*
 * Gives back the OS pages that no allocated object touches; how many bytes
 * that were.  Holds: the owner's lock; not a current span.
 */
size_t mspan_purge(struct mspan *s);

/* Whether a span with this many free objects of nelems is worth a visit. */
bool mspan_is_worth_visit(unsigned nfree, unsigned nelems);

/*
 * Whether a current span whose words have all been cached is worth another
 * round.  Caller: the owner.
 */
bool mspan_has_room_again(struct mspan *s);

/* Marks the object as freed by a stranger; false if it was marked before. */
bool mspan_mark_remote(struct objref o);

/* Whether a stranger has freed the object and the owner does not know yet. */
bool mspan_is_marked_remote(struct objref o);

/* Dies if an equation between the fields does not hold.  Holds: as above. */
void mspan_verify(struct mspan *s);

/*
 * Lets c free into s without an atomic; &mcache_none: nobody.  Where there is
 * a collector it is always nobody.
 */
void mspan_let_free(struct mspan *s, struct mcache *c);

/* Whether frees by this mcache need no atomic. */
static inline bool mspan_owned_by(const struct mspan *s, const struct mcache *c)
{
	/* pairs: set_pending_locked */
	return local_is((const uint64_t *)&s->owner, (uint64_t)c);
}

/* The objects of word w that the program has, as bits. */
static inline uint64_t mspan_allocated_bits(const struct mspan *s, unsigned w)
{
	return states_odd(&s->states[w * 64]);
}

/* Those that are in the span: neither the program nor a magazine has them. */
static inline uint64_t mspan_free_bits(const struct mspan *s, unsigned w)
{
	unsigned nelems = load_relaxed(&s->nelems), first = w * 64;
	uint64_t valid = nelems > first ? low_bits64(nelems - first) : 0;

	return states_equal(&s->states[w * 64], OBJECT_FREE) & valid;
}

/* Where the object's state is. */
static inline uint8_t *mspan_state(struct objref o)
{
	return &o.span->states[o.index];
}

/* Whether the object is handed out. */
static inline bool mspan_is_allocated(struct objref o)
{
	return (load_acquire(&o.span->states[o.index]) & 1) != 0;
}

/* Hands out the next cached object, or NULL: there is none.  Owner only. */
static ALWAYS_INLINE void *mspan_alloc(struct mspan *s)
{
	uint64_t cached = load_relaxed(&s->free_cache);
	if (unlikely(cached == 0))
		return NULL;
	store_relaxed(&s->free_cache, cached & (cached - 1));

	uint64_t index = s->cached_word * 64u + local_first_bit(cached);
	store_relaxed(&s->states[index], OBJECT_LIVE);
	uintptr_t p = s->base + index * s->elemsize;
	if (p == 0)
		__builtin_unreachable(); /* spares the caller a test */
	return (void *)p;
}

/*
 * Frees the object that starts at p into a magazine or, where that is full,
 * into the span.  false: nothing is freed; no allocated object starts there,
 * or it takes a closer look.  Owner only.
 */
static ALWAYS_INLINE bool mspan_free_by_owner(struct mspan *s, uintptr_t p)
{
	unsigned __int128 product = (unsigned __int128)(p - s->base) * s->magic;
	uint8_t *state = &s->states[(uint64_t)(product >> 64)];
	if (unlikely((uint64_t)product >= s->magic))
		return false;
	if (unlikely(!local_is8(state, OBJECT_LIVE)))
		return false;
	if (likely(magazines_free(s->magazines, p, state)))
		return true;
	if (unlikely(--s->free_until <= 0))
		return false;
	/* The last access: from here on the span may vanish. */
	store_release(state, OBJECT_FREE); /* pairs: mspan_all_freed_remotely */
	return true;
}

/* A doubly linked list of spans, newest first.  Zero is empty. */
struct mspan_list {
	struct mspan *head; /* newest or NULL */
	struct mspan *tail; /* oldest or NULL */
	size_t n;           /* how many */
};

/* Puts s in front.  Holds: the lock of the list's owner. */
void mspan_list_push(struct mspan_list *l, struct mspan *s);

/* Takes s out of the list.  Holds: the lock of the list's owner. */
void mspan_list_remove(struct mspan_list *l, struct mspan *s);

#endif
