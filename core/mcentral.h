/*
 * mcentral: the spans of one class that no thread owns.  See mcentral.c.
 */
#ifndef CORE_MCENTRAL_H
#define CORE_MCENTRAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/lock.h"
#include "core/mspan.h"

/* One per size class, on cache lines of its own. */
struct mcentral {
	struct lock lock;                      /* mcentral */
	struct mspan_list lists[MSPAN_NLISTS]; /* UNLISTED stays empty */
} ALIGNED(64);

extern struct mcentral mcentrals[NCLASSES] HIDDEN;

/* A span with room, now owned by c; NULL: none.  Holds: c's lock. */
struct mspan *mcentral_take(unsigned class, struct mcache *c);

/*
 * Takes over a span from its owner, who ends and forgets what it has kept.
 * Holds: the owner's lock.
 */
void mcentral_put(struct mspan *s);

/*
 * Gives an unowned span to c, its remote frees collected; false: somebody
 * owns it by now.  Holds: c's lock.
 */
bool mcentral_adopt(struct mspan *s, struct mcache *c);

/*
 * Collects remote frees of an unowned span, and gives it back to mheap when
 * it is empty; false: somebody owns it by now.
 */
bool mcentral_collect(struct mspan *s);

/*
 * Calls visit for an unowned span, under the lock, and lists it anew, or
 * gives it back to mheap if it is empty then; false: somebody owns it by now.
 */
bool mcentral_visit(struct mspan *s, void (*visit)(struct mspan *s));

/* All locks, in order; fork. */
void mcentral_lock_all(void);
void mcentral_unlock_all(void);
void mcentral_reset_locks(void);

#endif
