/*
 * mcache: what one thread allocates from.  See mcache.c.
 */
#ifndef CORE_MCACHE_H
#define CORE_MCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/compiler.h"
#include "core/local.h"
#include "core/lock.h"
#include "core/mspan.h"
#include "core/sizeclass.h"
#include "core/thread.h"
#include "prof/prof.h"

/* Where a class's next objects come from: one cache line. */
struct mcache_slot {
	struct magazines magazines; /* first from here */
	struct mspan *current;      /* then from here; or &mspan_none */
};
static_assert(sizeof(struct mcache_slot) == 64, "one cache line");

/* One class's spans. */
struct mcache_class {
	struct mspan_list lists[MSPAN_NLISTS]; /* UNLISTED stays empty */
	uint32_t ngrown;      /* spans taken from mheap, up to a few */
	uint32_t nrefills;    /* times that a span was brought in */
	uint64_t nmalloc;     /* objects handed out, cached or to go out next */
	uint64_t unsampled;   /* after those that may be brought: a sample */
	uint32_t sample_rate; /* what that was drawn for */
};

/* One per thread; reused by later threads, never unmapped. */
struct mcache {
	/* Owner only; current is changed under lock. */
	struct mcache_slot slots[NCLASSES]; /* what malloc looks at */

	/* Guarded by lock. */
	struct lock lock ALIGNED(64);          /* mcache */
	bool dead;                             /* its thread is gone (fork) */
	struct mspan *inbox;                   /* PENDING spans, newest first */
	struct mcache_class classes[NCLASSES]; /* spans by class */

	/* Owner only. */
	uint8_t exit_rounds;  /* TSD destructor rounds seen */
	size_t refilled;      /* bytes of room taken, not yet told to gc */
	uint64_t random;      /* of its samples; 0: not started */
	struct sampler large; /* which large objects are sampled */

	/* Guarded by mcaches. */
	struct mcache *next_free; /* among those without a thread */
	struct mcache *next;      /* among all; fixed */
	bool inuse;               /* some thread, or those without, have it */
	bool counted;             /* in ninuse */
};

/* Full for ever: the current span of a class that has none. */
extern struct mspan mspan_none HIDDEN;

/* Nobody's: the owner of spans that no thread frees into without an atomic. */
extern struct mcache mcache_none HIDDEN;

/* All mcaches.  Guarded by mcaches; walk it with mcache_lock_all or so. */
struct mcache_registry {
	struct lock lock;    /* mcaches */
	struct mcache *all;  /* through next */
	struct mcache *free; /* through next_free */
	size_t n;            /* in all */
	size_t ninuse;       /* with a thread of their own */
};

extern struct mcache_registry mcaches HIDDEN;

/* The slot that begins so many bytes into the slots of c. */
static ALWAYS_INLINE struct mcache_slot *mcache_slot_at(
	struct mcache *c, size_t offset)
{
	return (struct mcache_slot *)((char *)c->slots + offset);
}

/* One object of a slot's class, or NULL: ask mcache_refill. */
static ALWAYS_INLINE void *mcache_alloc_from(struct mcache_slot *slot)
{
	void *p = magazines_alloc(&slot->magazines);

	return likely(p != NULL) ? p : mspan_alloc(slot->current);
}

/* One object of the class, or NULL: ask mcache_refill.  No lock, no atomic. */
static ALWAYS_INLINE void *mcache_alloc(struct mcache *c, unsigned class)
{
	return mcache_alloc_from(&c->slots[class]);
}

/*
 * An mcache for this busy thread or, where it is not to count, for all those
 * that have none; NULL: no memory.  Takes mcaches.
 */
struct mcache *mcache_acquire(bool counts);

/* The thread ends: its spans go to mcentral, the mcache to later threads. */
void mcache_release(struct mcache *c);

/* Its spans go to mcentral; it owns nothing.  Holds: c's lock. */
void mcache_abandon_locked(struct mcache *c);

/* Puts an mcache that owns nothing up for later threads.  Takes mcaches. */
void mcache_give(struct mcache *c);

/*
 * One object of what was freed meanwhile or of another word of the current
 * span, or NULL: there is none.  No lock.  Caller: owner, busy.
 */
void *mcache_alloc_light(struct mcache *c, unsigned class);

/*
 * The class's magazines go back to their spans.  Holds: c's lock.
 */
void mcache_flush_locked(struct mcache *c, unsigned class);

/* What malloc has at hand goes back: the next objects come slowly. */
void mcache_unbring(struct mcache *c);

/* Makes mcache_alloc succeed once more; false: no memory.  Caller: owner. */
bool mcache_refill(struct mcache *c, unsigned class);

/* An object of the class, or NULL: no memory.  Caller: owner, busy. */
void *mcache_alloc_or_refill(struct mcache *c, unsigned class);

/*
 * Frees an allocated small object for the busy thread that has c, or has
 * none (c NULL).  false: it was freed before.
 */
bool mcache_free(struct mcache *c, struct objref o);

/*
 * A busy thread's signal handler frees o: notes it for later.  false: it was
 * freed before.  Context: handler.
 */
bool mcache_defer_free(struct thread *t, struct objref o);

/* Tells the owner of a span, if it needs telling, of frees by strangers. */
void mcache_tell_owner(struct mcache *c, struct mspan *s);

/*
 * Gives empty spans back to mheap and other free pages to the OS; bytes in
 * them.  Caller: owner.
 */
size_t mcache_trim(struct mcache *c);

/* fork: every mcache's lock; in the child the others' threads are gone. */
void mcache_lock_all(void);
void mcache_unlock_all(void);
void mcache_reset_all(struct mcache *survivor);

#endif
