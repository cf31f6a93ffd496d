/*
 * assist: allocating threads pay for marking.  See assist.c.
 */
#ifndef GC_ASSIST_H
#define GC_ASSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/markqueue.h"
#include "gc/pacer.h"

/* What one thread has paid for; bytes of allocation. */
struct assist_account {
	int64_t bytes;  /* that it may allocate; negative: it owes */
	uint32_t cycle; /* the account is of this cycle */
};

/* What the collector knows when marking beside the program begins. */
struct assist_plan {
	struct pacer pacer;    /* as of now */
	uint64_t goal;         /* bytes of heap */
	uint64_t scan_max;     /* bytes, if all that is live is reachable */
	struct markpool *pool; /* where the work is */
};

/* What assists of a cycle have done. */
struct assist_totals {
	uint64_t marked;  /* bytes in objects that they marked */
	uint64_t scanned; /* bytes that they read */
};

/* Charges bytes of allocation in the cycle; what is owed then, or 0. */
int64_t assist_charge(struct assist_account *a, uint32_t cycle, size_t bytes);

/* So much of the debt's work was done: the account has that much more. */
void assist_credit(
	struct assist_account *a, const struct pacer_debt *debt, int64_t work);

/*
 * Takes up to work bytes of what the background has scanned and nobody has
 * been credited for.
 */
int64_t assist_take(int64_t *background, int64_t work);

/*
 * How long a call that allocates so many bytes may be kept, where the heap is
 * so large and should not exceed the goal; ns.
 */
uint64_t assist_patience_ns(size_t bytes, uint64_t heap_live, uint64_t goal);

/*
 * From here on allocations pay.  All that there is to mark is white, and the
 * heap is as large as a marker needs to know.  Context: the collector.
 */
void assist_begin(const struct assist_plan *plan);

/* No assist runs any more.  Context: the collector. */
void assist_end(void);

/* The background has scanned so many bytes more.  Context: the collector. */
void assist_note_scanned(uint64_t bytes);

/* The goal of the cycle that runs has changed.  Context: any. */
void assist_set_goal(uint64_t goal);

/* Whether some assist has nothing to do, though it would. */
bool assist_is_hungry(void);

/*
 * Whether the memory limit sets the goal and the heap is beyond: who allocates
 * waits for room.
 */
bool assist_is_strict(void);

/* Of the last cycle, or of the one that runs. */
struct assist_totals assist_read_totals(void);

/*
 * So many bytes were allocated.  While marking goes on beside the program the
 * thread marks in its turn, as much as they cost.  Context: busy, no lock.
 */
void assist_pay(size_t bytes);

/*
 * A cycle was asked for and has not begun to mark, though there is hardly
 * room left below the goal: waits a little.  Context: busy, no lock.
 */
void assist_wait_for_start(size_t bytes);

/* In the child of fork: nobody assists. */
void assist_fork_child(void);

#endif
