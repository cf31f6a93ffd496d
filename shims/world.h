/*
 * world: whether the program is being stopped, and by whom.
 *
 *   stopping = n  a stop is in progress: whoever leaves a safe region, or is
 *                 hit by the stop signal, waits until it is 0 again
 *   owner         who may stop, fork or exec: one at a time
 *
 * Nothing here is used before a collector starts: `watched` is the one
 * branch that a shim costs without it.
 */
#ifndef SHIMS_WORLD_H
#define SHIMS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"

/*
 * Code of the stop signal's handler.  The thread sanitizer would take locks of
 * its own in it, which the interrupted code may hold.
 */
#define STOP_HANDLER __attribute__((no_sanitize("thread")))

struct mutator;

/* One per process. */
struct world {
	/* Shared (atomic) */
	uint32_t stopping; /* futex: number of the stop in progress, or 0 */
	uint32_t missing;  /* futex: threads signalled that have not answered */
	uint32_t owner;    /* futex: 0 nobody, 1 somebody, 2 others wait */
	uint32_t pid;      /* of the process that may be stopped */
	bool watched;      /* a collector may stop this process */
	bool is_over;      /* and there will be no stop again */
};

extern struct world world HIDDEN;

/* Whether a collector may stop this process, so that shims have work to do. */
static inline bool world_is_watched(void)
{
	return unlikely(load_relaxed(&world.watched));
}

/* A collector starts: from now on shims keep track of threads. */
void world_watch(void);

/* Whether the process that may be stopped is this one, not its copy. */
bool world_is_ours(void);

/* The stop that this thread is to wait for, or 0: none, or it is its own. */
uint32_t world_stop_for(const struct mutator *m);

/*
 * Waits for the end of a stop, if there is one and it is this process that is
 * being stopped.  The caller's state says that it is stopped.  Whether a stop
 * signal was sent to it.
 */
bool world_wait(struct mutator *m);

/*
 * From here to world_disown no stop begins.  The caller is in a safe region,
 * or the collector.  false: not within ms milliseconds.
 */
bool world_own(uint32_t ms);
void world_disown(void);

/* In the child of fork: nobody is stopped. */
void world_fork_child(void);

#endif
