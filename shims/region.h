/*
 * region: a safe region is a stretch of a thread's way in which it does
 * nothing the collector could miss: it waits in the kernel.
 *
 *   thread                              collector
 *   state = SAFE                        stopping = n
 *   stopping? wait                      membarrier: every thread's earlier
 *   ... the call ...                    stores and loads are done
 *   state = RUNNING                     state?  SAFE: stopped
 *   stopping? back to SAFE, wait                RUNNING: signal
 *
 * The barrier that each thread would need between its store and its load is
 * the collector's membarrier(2).  Both looks at `stopping` are needed: the
 * second keeps a thread from leaving, the first from going into the call with
 * a stop signal under way, which would interrupt it.  For the same reason a
 * thread that was asked and got here first takes the signal before the call:
 * `asked` says that there is one.
 *
 * The caller has spilled its callee-saved registers (__builtin_unwind_init),
 * and what it has of the program lies at or above sp.
 */
#ifndef SHIMS_REGION_H
#define SHIMS_REGION_H

#include "shims/threads.h"
#include "shims/world.h"

/* Waits for the end of the stop, and takes the signal that was sent. */
void region_begin_slow(struct mutator *m);

/* Waits in state SAFE until it has been RUNNING with no stop in progress. */
void region_end_slow(struct mutator *m);

/* The region goes on that a handler of the program has interrupted. */
void region_resume(struct mutator *m, uintptr_t sp);

/* The thread may be taken as stopped.  NULL: it is not, or was already. */
static inline struct mutator *region_begin(uintptr_t sp)
{
	struct mutator *m = mutator_current;

	if (unlikely(m == NULL)) {
		m = mutator_self();
		if (m == NULL)
			return NULL;
	}
	if (unlikely(load_relaxed(&m->state) != MUTATOR_RUNNING))
		return NULL;
	m->sp = sp;
	store_release(&m->state, MUTATOR_SAFE); /* pairs: mutator_is_stopped */
	barrier_compiler();
	/* pairs: stw_start */
	if (unlikely(load_acquire(&world.stopping) != 0 ||
		     load_relaxed(&m->asked) != 0))
		region_begin_slow(m);
	return m;
}

/* Ends what region_begin began, after a stop if there is one. */
static inline void region_end(struct mutator *m)
{
	if (unlikely(m == NULL))
		return;
	store_relaxed(&m->state, MUTATOR_RUNNING);
	barrier_compiler();
	/* pairs: stw_start */
	if (unlikely(load_acquire(&world.stopping) != 0))
		region_end_slow(m);
}

#endif
