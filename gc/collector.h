/*
 * collector: the thread that runs the cycles, and what it shares with the
 * program.  See collector.c.
 */
#ifndef GC_COLLECTOR_H
#define GC_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"
#include "core/lock.h"
#include "core/os.h"

/* What the collector is doing. */
enum gc_phase {
	GC_IDLE, /* nothing, or sweeping */
	GC_MARK, /* marking beside the program */
	GC_STOP, /* the world is stopped, or about to be */
};

/* One per process. */
struct collector {
	/* Shared (atomic) */
	uint32_t requested;  /* cycles asked for; futex of the collector */
	uint32_t finished;   /* of them, done and swept; futex of who waits */
	uint32_t phase;      /* enum gc_phase */
	uint64_t heap_live;  /* bytes marked, and allocated since */
	uint64_t trigger;    /* heap_live at which a cycle starts */
	uint64_t goal;       /* that it should not exceed */
	uint64_t refresh;    /* heap_live at which both are looked at again */
	uint32_t is_renewed; /* its thread is to end for another; a futex */
	bool is_strict;      /* the goal is the memory limit's */
	uint64_t nforced;    /* cycles that the program asked for */

	/* Guarded by lock. */
	struct lock lock;        /* collector */
	struct os_thread thread; /* its thread */
	bool is_running;         /* it has been started and will look again */
	bool is_over;            /* it ends, and none is started; atomic */
};

extern struct collector collector HIDDEN;

/* Asks for a cycle, unless one is asked for or under way. */
void collector_request(void);

/*
 * Asks for a cycle that begins after the call and waits for the end of its
 * sweep.  Context: mutator.
 */
void collector_run(void);

/*
 * Frees what the program has freed, ends the thread for ever and waits for its
 * end; a cycle that is under way comes to its own.  Context: mutator.
 */
void collector_end(void);

/* Whether collector_end has been called. */
static inline bool collector_is_over(void)
{
	/* pairs: collector_end */
	return unlikely(load_acquire(&collector.is_over));
}

/*
 * The thread ends, when the cycle that may be under way has, and another
 * begins; returns then.  Context: mutator that is not busy.
 */
void collector_renew(void);

/* In the child of fork: it is not here, and no cycle is under way. */
void collector_fork_child(void);

#endif
