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

/* One class's spans. */
struct mcache_class {
	struct mspan_list lists[MSPAN_NLISTS]; /* UNLISTED stays empty */
	uint32_t ngrown;  /* spans taken from mheap, up to a few */
	uint64_t nmalloc; /* objects handed out or cached */
};

/* One per thread; reused by later threads, never unmapped. */
struct mcache {
	/* Owner only, changed under lock. */
	struct mspan *current[NCLASSES]; /* allocated from; or &mspan_none */

	/* Guarded by lock. */
	struct lock lock ALIGNED(64);          /* mcache */
	bool dead;                             /* its thread is gone (fork) */
	struct mspan *inbox;                   /* PENDING spans, newest first */
	struct mcache_class classes[NCLASSES]; /* spans by class */

	/* Owner only. */
	uint8_t exit_rounds; /* TSD destructor rounds seen */

	/* Guarded by mcaches. */
	struct mcache *next_free; /* among those without a thread */
	struct mcache *next;      /* among all; fixed */
	bool inuse;               /* some thread has it */
};

/* Full for ever: the current span of a class that has none. */
extern struct mspan mspan_none HIDDEN;

/* Empty for ever: the mcache of a thread that has none. */
extern struct mcache mcache_none HIDDEN;

/* All mcaches.  Guarded by mcaches; walk it with mcache_lock_all or so. */
struct mcache_registry {
	struct lock lock;    /* mcaches */
	struct mcache *all;  /* through next */
	struct mcache *free; /* through next_free */
	size_t n;            /* in all */
	size_t ninuse;       /* with a thread */
};

extern struct mcache_registry mcaches HIDDEN;

/* This thread's mcache, or &mcache_none. */
static inline struct mcache *mcache_self(void)
{
	return thread_self()->mcache;
}

/* One object of the class, or NULL: ask mcache_refill.  No lock, no atomic. */
static ALWAYS_INLINE void *mcache_alloc(struct mcache *c, unsigned class)
{
	return mspan_alloc(load_relaxed(&c->current[class]));
}

/* An mcache for this busy thread; NULL: no memory.  Takes mcaches. */
struct mcache *mcache_acquire(void);

/* The thread ends: its spans go to mcentral, the mcache to later threads. */
void mcache_release(struct mcache *c);

/* Its spans go to mcentral; it owns nothing.  Holds: c's lock. */
void mcache_abandon_locked(struct mcache *c);

/* Puts an mcache that owns nothing up for later threads.  Takes mcaches. */
void mcache_give(struct mcache *c);

/*
 * One object of another word of the current span, or NULL: it has no room
 * left.  No lock.  Caller: owner, busy.
 */
void *mcache_alloc_next_word(struct mcache *c, unsigned class);

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
