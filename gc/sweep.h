/*
 * sweep: what was not marked is free again.  See sweep.c.
 */
#ifndef GC_SWEEP_H
#define GC_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mcache.h"
#include "core/mspan.h"

/* What sweeping has come to since the program started. */
struct sweep_totals {
	uint64_t nspans;       /* spans swept */
	uint64_t nfreed;       /* objects freed */
	uint64_t bytes_freed;  /* in them */
	uint64_t nunreachable; /* objects not marked, freed by nobody */
};

/*
 * Marking has ended: every span needs sweeping.  Context: the world is
 * stopped, or nothing is marked that a sweep could free.
 */
void sweep_begin(void);

/* Sweeps s if it needs it.  Holds: the owner's lock; or its owner calls. */
void sweep_span_locked(struct mspan *s);

/*
 * Sweeps spans of the class that c owns until one of them has room, or a few
 * have none.  Holds: c's lock.
 */
void sweep_class_locked(struct mcache *c, unsigned class);

/* Sweeps the spans that c allocates from.  Caller: owner, busy. */
void sweep_current(struct mcache *c);

/* Sweeps the spans that lie in [lo, hi), or end or begin there. */
void sweep_pages(uintptr_t lo, uintptr_t hi);

/* Sweeps everything that is left. */
void sweep_finish(void);

/* Reads the totals, each true at some moment. */
struct sweep_totals sweep_read_totals(void);

#endif
