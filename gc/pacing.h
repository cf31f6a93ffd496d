/*
 * pacing: the pacer's numbers, taken from the process; see pacing.c.
 *
 * Context: the collector's thread, but for pacing_init and what says so.
 */
#ifndef GC_PACING_H
#define GC_PACING_H

#include <stdint.h>

#include "gc/cputime.h"
#include "gc/pacer.h"

struct markpool;

/* When the steps of a cycle came, and what they found; ns and bytes. */
struct pacing_times {
	uint64_t begin_ns;      /* marking begins */
	uint64_t paused_ns;     /* in stops, before this cycle */
	uint64_t early_ns;      /* in stops since then, but for the last */
	uint64_t stop_ns;       /* the last stop was asked for */
	struct cputime_use use; /* at begin_ns */
	uint64_t heap_start;    /* live bytes at begin_ns */
	uint64_t goal;          /* that this cycle has */
};

/* What a mark has found. */
struct pacing_marked {
	uint64_t bytes;         /* in objects that it marked */
	struct pacer_scan scan; /* bytes read */
};

/* Sets the first trigger, from the options. */
void pacing_init(void);

/* A cycle begins. */
void pacing_cycle_begins(struct pacing_times *t);

/* Marking beside the program begins: allocations pay for it from now on. */
void pacing_assists_begin(const struct pacing_times *t, struct markpool *pool);

/* It is about to stop the world; and the world runs again. */
void pacing_stops(struct pacing_times *t);
void pacing_starts(void);

/*
 * Its marks are complete and the world runs: sets the next trigger, and
 * lets the sweep begin.
 */
void pacing_cycle_ends(
	const struct pacing_times *t, const struct pacing_marked *marked);

/* It has freed nothing: the next one shall not be at once. */
void pacing_cycle_failed(void);

/* The heap has grown to collector.refresh.  Context: busy, no lock held. */
void pacing_refresh(void);

/* The sweep is done. */
void pacing_swept(void);

/*
 * Set GOGC and GOMEMLIMIT, as pacer_init takes them, and the trigger with
 * them; a negative limit sets nothing.  What they were.  Context: busy.
 */
int64_t pacing_set_gc_percent(int64_t percent);
int64_t pacing_set_memory_limit(int64_t limit);

/* The goal of the next cycle, or of the one that runs; bytes.  Busy. */
uint64_t pacing_goal(void);

/*
 * In the child of fork: no cycle runs, and none has.  The goal stays, as the
 * heap does.
 */
void pacing_fork_child(void);

/* Cycles that ended. */
uint64_t pacing_ncycles(void);

#endif
