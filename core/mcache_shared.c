/*
 * mcache_shared: one mcache, under a lock, for threads that have none: those
 * that have given theirs back and still run destructors, those for whom there
 * was no memory, and signal handlers that interrupt a fast path, which has
 * taken the thread's own (core/thread.h).
 *
 * Freeing needs nothing of this: to the spans of the shared mcache, every
 * thread is a stranger (core/mcache_free.c).  What its magazines would keep is
 * never freed into them, so they stay empty.
 *
 * Locking:    mcache_shared, outside the mcache's own lock.
 * Context:    busy threads.
 */
#include "core/mcache_shared.h"

#include <stddef.h>

#include "core/heap.h"
#include "core/lock.h"
#include "core/mcache.h"

static struct lock shared_lock = LOCK_INIT(mcache_shared);
static struct mcache *shared_mcache; /* guarded by shared_lock */

void *mcache_alloc_shared(unsigned class)
{
	void *p = NULL;

	if (!heap_start())
		return NULL;
	lock(&shared_lock);
	if (shared_mcache == NULL) {
		unlock(&shared_lock);
		struct mcache *c = mcache_acquire(false);
		lock(&shared_lock);
		if (shared_mcache == NULL)
			shared_mcache = c;
	}
	if (shared_mcache != NULL)
		p = mcache_alloc_or_refill(shared_mcache, class);
	unlock(&shared_lock);
	return p;
}

void mcache_shared_reset(void)
{
	lock_reset(&shared_lock);
	shared_mcache = NULL; /* adopted like those of threads that are gone */
}
