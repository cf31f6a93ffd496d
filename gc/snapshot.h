/*
 * snapshot: a function runs on a copy of our memory, in a child process.
 *
 *   snapshot_prepare   room for results
 *   snapshot_take      the copy is made; the world is stopped for this only
 *   snapshot_wait      until the child is done, or late
 *   ... read snapshot_results
 *   snapshot_discard
 *
 * What is unreachable in the copy is unreachable for good, so a mark of the
 * copy needs no write barrier.  Not in the copy are shared memory, which goes
 * on changing, and what gc/unforked.h finds: whoever marks reads these in the
 * parent, with the world stopped, before snapshot_take; what waits to be
 * marked is copied with all else.
 *
 * Context: one thread at a time, without libc.
 */
#ifndef GC_SNAPSHOT_H
#define GC_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot_shared;

/* Zero: nothing prepared, no child. */
struct snapshot {
	struct snapshot_shared *shared; /* mapped by us and by the child */
	size_t mapped;                  /* bytes there */
	int pid;                        /* the child; 0: none, or reaped */
	int pidfd;                      /* the same, -1 on old kernels */
};

/*
 * The child's part: reads the copy, changes what it likes there, and leaves
 * its results, which are zero at first.  false: it could not.
 * Context: child; one thread, all signals blocked, no locks of the others.
 */
typedef bool snapshot_fn(uint64_t *results, void *arg);

/* Maps room for so many words of results; false: no memory. */
bool snapshot_prepare(struct snapshot *s, size_t nresults);

/*
 * Copies the process, and runs fn(results, arg) there.  false: there is no
 * child.
 */
bool snapshot_take(struct snapshot *s, snapshot_fn *fn, void *arg);

/*
 * Waits for the child at most so long.  true: fn has returned true and the
 * results are there.  false: it returned false, died, or was late; it is
 * killed then.
 */
bool snapshot_wait(struct snapshot *s, uint32_t timeout_ms);

/* What fn has left. */
const uint64_t *snapshot_results(const struct snapshot *s);

/* Kills the child if there still is one; gives all back. */
void snapshot_discard(struct snapshot *s);

/* In the child of a fork of the program's: what there is, is the parent's. */
void snapshot_after_fork(struct snapshot *s);

#endif
