/*
 * mark: what is reachable.  See mark.c.
 *
 * Context: worker, and mutators that assist; busy.  mheap holds spans back
 * (mheap_hold_spans) for as long as there are markers.
 */
#ifndef GC_MARK_H
#define GC_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mspan.h"
#include "gc/markqueue.h"
#include "gc/scan.h"

enum {
	MARK_CANDIDATES = 128, /* words looked up together, at most */
	MARK_SLICE = 64 << 10, /* bytes read between two calls of slice */
};

/* A candidate that lies in a slot, while its mark word is on the way. */
struct mark_target {
	struct mspan *span; /* where */
	uint64_t *word;     /* of mark bits */
	uint32_t index;     /* of the slot */
};

struct marker;

/* Reads what it likes of an object's memory by mark_words. */
typedef void mark_read_fn(struct marker *m, uintptr_t lo, uintptr_t hi);

/* Is told what was read of objects since their page was written. */
typedef void mark_note_fn(uintptr_t lo, uintptr_t hi);

/* One thread's part of a mark.  Owner only; several KiB. */
struct marker {
	struct markqueue queue;    /* objects to scan */
	struct scan_window window; /* the heap, as far as words may point */
	uint64_t nobjects;         /* marked by this marker */
	uint64_t marked_bytes;     /* in them */
	uint64_t scanned_bytes;    /* read in search of pointers */
	mark_read_fn *read;        /* how to read an object; NULL: all of it */
	mark_note_fn *note_reread; /* who wants to know; or NULL */
	unsigned ncandidates;      /* words in the window, not looked up yet */
	unsigned nscans;           /* counts towards a look at who is idle */
	uintptr_t candidates[MARK_CANDIDATES];       /* these words */
	struct mark_target targets[MARK_CANDIDATES]; /* while looked up */
	struct mspan *spans[MARK_CANDIDATES];        /* likewise */
	void (*slice)(struct marker *m); /* mark_drain calls it; or NULL */
};

/*
 * Makes every object unmarked and every free slot marked, so that what is
 * allocated from now on is marked.  Call it when writes to pages are seen
 * already: an object that a malloc hands out meanwhile may be either.
 */
void mark_prepare(void);

/*
 * Words may point to all of the heap that there is by now.  After each
 * mark_prepare: an object that it made white lies there, one that comes later
 * is black.
 */
void marker_see_heap(struct marker *m);

/* Takes part in the mark that the pool belongs to, and no more. */
void marker_join(struct marker *m, struct markpool *pool);
void marker_leave(struct marker *m);

/* As marker_join, for a thread that shares no files with the collector. */
void marker_join_as_helper(struct marker *m, struct markpool *pool);

/* Puts up for others all that m has to scan; and some of it. */
void marker_offer(struct marker *m);
void marker_share(struct marker *m);

/* Marks what n words of a root mean. */
void mark_roots(struct marker *m, const uintptr_t *words, size_t n);

/* Marks what the words in [lo, hi) of the heap mean. */
void mark_words(struct marker *m, uintptr_t lo, uintptr_t hi);

/* Marks an object and everything it leads to, sooner or later. */
void mark_object(struct marker *m, struct objref o);

/*
 * Reads again what marked objects in [lo, hi) hold.  The range may lie
 * anywhere; what is not marked yet will be read when it is.
 */
void mark_rescan(struct marker *m, uintptr_t lo, uintptr_t hi);

/* Scans about so many bytes of objects; false: nothing is left here. */
bool mark_some(struct marker *m, uint64_t bytes);

/* Scans until no marker of the pool has anything left. */
void mark_drain(struct marker *m);

/* Whether the object is marked. */
static inline bool mark_is_marked(struct objref o)
{
	return load_relaxed(&mspan_marks(o.span)[o.index / 64]) >>
		       (o.index % 64) &
	       1;
}

#endif
