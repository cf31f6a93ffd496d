/*
 * sweepwork: sweeping as work that several threads share.  See sweepwork.c.
 */
#ifndef GC_SWEEPWORK_H
#define GC_SWEEPWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What was marked can be swept: sweep_begin was called.  It should be done
 * when heap_live has grown to done_at.  Context: the collector.
 */
void sweepwork_begin(uint64_t heap_live, uint64_t done_at);

/* Sweeps a piece of what is left; false: others have all of it. */
bool sweepwork_some(void);

/* Everything is swept, by whomever.  Context: the collector. */
void sweepwork_finish(void);

/*
 * The heap has grown to heap_live, by bytes: sweeps as much as is due by then,
 * or what the call of malloc may be kept for.  Context: busy, no lock held.
 */
void sweepwork_pay(uint64_t heap_live, size_t bytes);

/* In the child of fork: nobody sweeps, and what is not swept is left. */
void sweepwork_fork_child(void);

#endif
