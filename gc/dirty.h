/*
 * dirty: which pages the program has written since they were read.
 *
 * The write barrier of a program that has none compiled in: the kernel.  One
 * of several ways (the ladder of enum barrier) is chosen once; a cycle then
 * goes
 *
 *   dirty_begin                nothing is tracked
 *   dirty_track(range)...      writes are found from here on
 *   ... read all of the range; whoever tracks a range reads it after that
 *   dirty_scan(DIRTY_REARM)    beside the program: read what was written, as
 *   ...                        often as that gets less
 *   dirty_scan(DIRTY_FINAL)    the world is stopped: read the rest
 *
 * What is not tracked is read whole at the end: ranges that were never asked
 * for, that the kernel declines, and where it lost track (the program mapped
 * something else there).  So a range is either reported or visited whole, and
 * a failure costs time, never a write.
 *
 * Addresses are multiples of the OS page; addresses where nothing is mapped
 * are no error, but may be visited: the visitor finds out, and survives a
 * mapping that vanishes while it reads.
 *
 * Context: dirty_scan in any thread that shares the coordinator's files,
 *          several at a time on ranges that do not overlap; all else in the
 *          coordinator while nobody scans.
 */
#ifndef GC_DIRTY_H
#define GC_DIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/options.h"

/*
 * Chooses the way to find writes and returns it: `wanted` if it works here,
 * else the next one below it, which is said in one line unless AUTO was
 * wanted.  Each is tried on a page of its own first.  Once per process, and
 * again in the child of fork after dirty_after_fork.
 */
enum barrier dirty_init(enum barrier wanted);

/* What dirty_init returned. */
enum barrier dirty_which(void);

/*
 * Whether a scan with DIRTY_REARM gets less when it is repeated.  Where not,
 * it reports all that was written in this cycle, again each time.
 */
bool dirty_can_rearm(void);

/* The word for it, as in GOALLOC=barrier=<word>. */
const char *dirty_name(enum barrier which);

/* Forgets in the child of fork what was the parent's; then dirty_init. */
void dirty_after_fork(void);

/* A cycle begins: nothing is tracked. */
void dirty_begin(void);

/*
 * Tracks the range: what is written from here on is found; it counts as clean
 * until then, whatever was written before.  Also for a range that overlaps
 * what is tracked.  false: part of the range, or all, is not tracked.
 *
 * Not for shared memory that others write, or that is written through other
 * mappings or files: only writes through this mapping are found.
 */
bool dirty_track(uintptr_t lo, uintptr_t hi);

/* The range is no longer tracked: it will be visited whole at the end. */
void dirty_untrack(uintptr_t lo, uintptr_t hi);

enum dirty_mode {
	DIRTY_REARM,  /* what is visited is armed again before; what is not
			 tracked is left for the end */
	DIRTY_REPAIR, /* the same, but where track was lost of a range that was
			 tracked, it is tracked anew and visited whole.  Only
			 for memory where nobody else maps: see dirty_track */
	DIRTY_FINAL,  /* what is not tracked is visited whole */
};

/* What a scan has found, in bytes. */
struct dirty_found {
	size_t written;   /* visited because they were written, or repaired */
	size_t untracked; /* of unknown state; visited in DIRTY_FINAL only */
};

/* Visits pages of the range: [lo, hi), at least one page. */
struct dirty_found dirty_scan(uintptr_t lo, uintptr_t hi, enum dirty_mode mode,
	void (*visit)(uintptr_t lo, uintptr_t hi, void *arg), void *arg);

#endif
