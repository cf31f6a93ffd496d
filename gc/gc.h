/*
 * gc: the collector's one door, for core and preload.
 *
 * gc_mode says what the slow paths of malloc and free have to do; all of it
 * is false where there is no collector, and then no other function here is
 * called from them.  gc/gc_off.c has the same without a collector.
 */
#ifndef GC_GC_H
#define GC_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/compiler.h"
#include "core/mspan.h"
#include "gc/gcstats.h"

struct mcache;

/* Set once, by gc_init; before that all false. */
struct gc_mode {
	bool on;       /* frees take the slow path, mallocs are counted */
	bool defers;   /* a free only marks its object: a sweep frees it */
	bool ignores;  /* a free does nothing, but for the checks */
	bool is_sound; /* every use of an object is checked: gcsound=1 */
};

extern struct gc_mode gc_mode HIDDEN;

/*
 * Starts what the options ask for: nothing, where GOGC is off.  Context:
 * early; the library's constructor, and set_gc_percent later.
 */
void gc_init(void);

/* The process ends: what was asked for at exit is said. */
void gc_exit(void);

/*
 * free(o) where frees are deferred or ignored; false: it was freed before.
 * Context: any, handler included.
 */
bool gc_free(struct objref o);

/* The program names an object: gcsound=1 asks whether it may.  Context: any. */
void gc_note_use(struct objref o, const char *verb);

/* As sweep_span_locked and sweep_class_locked of gc/sweep.h. */
void gc_sweep_span_locked(struct mspan *s);
void gc_sweep_class_locked(struct mcache *c, unsigned class);

/*
 * So many bytes of free slots, or of a large object, came into the hands of
 * the program: may start a cycle, may make the caller help with one.
 * Context: busy, no lock held.
 */
void gc_after_refill(size_t bytes);

/* A whole cycle, begun after the call, and its sweep.  Context: mutator. */
void gc_run(void);

/*
 * Sets GOGC; negative: off.  What it was; GOGC_OFF, and nothing set, where
 * there is no collector.  Context: mutator.
 */
int gc_set_percent(int percent);

/*
 * Sets GOMEMLIMIT in bytes, unless it is negative.  What it was;
 * GOMEMLIMIT_OFF, and nothing set, where there is no collector.  Context:
 * mutator.
 */
int64_t gc_set_memory_limit(int64_t limit);

/* Numbers of the collector; all 0 where there is none. */
struct gc_numbers {
	struct gcstats stats; /* cycles and pauses */
	unsigned npauses;     /* pauses in the ring of stats */
	double cpu_fraction;  /* of the CPU time since the start */
	uint64_t goal;        /* bytes of heap; UINT64_MAX: no end */
	bool is_on;           /* there is a collector */
};

/* Fills them in.  Context: mutator. */
void gc_read_numbers(struct gc_numbers *out);

/* gcstats_quantiles of what gc_read_numbers gave. */
void gc_pause_quantiles(
	const struct gc_numbers *numbers, uint64_t *out, unsigned n);

/*
 * As gc_run, and calls look when all is marked, nothing is swept and the
 * world is stopped; false: that could not be.  Context: mutator; look: worker.
 */
bool gc_run_and_look(void (*look)(void));

/*
 * Whether an object starts at addr that the program has, did not free, and
 * cannot reach.  Context: look.
 */
bool gc_is_lost(uintptr_t addr);

/*
 * The program's user or groups are others: what the collector does from here
 * on is done with them.  Context: mutator that is not busy.
 */
void gc_note_credentials(void);

/* fork: in the parent before and after, and in the child.  Busy. */
void gc_fork_prepare(void);
void gc_fork_parent(void);
void gc_fork_child(void);

#endif
