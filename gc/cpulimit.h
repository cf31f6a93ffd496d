/*
 * cpulimit: keeps the collector to half of the CPU time.
 *
 *   collector's time  -->  |~~~~~~~|  --> the program's time
 *                          bucket, a second of all processors
 *
 * A memory limit below what the program needs would have it collect for ever
 * and get nothing done.  What the collector spends fills the bucket, what is
 * left to the program empties it.  While it is full there are no assists: the
 * goal is missed, but the program runs.  The background's quarter is less
 * than half and needs no limit.  What flows over is kept and emptied too, up
 * to another bucket, so that looking only now and then costs the program
 * nothing in the end.  (Go forgets it.)
 *
 * Numbers in, numbers out; times are in ns and do not decrease.
 *
 * Locking:    none inside; the caller has a lock, or is alone.
 * Context:    any.
 */
#ifndef GC_CPULIMIT_H
#define GC_CPULIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CPULIMIT_SECOND_NS = 1000000000, /* bucket per processor */
	CPULIMIT_PERIOD_NS = 10000000,   /* call cpulimit_note this often */
};

struct cpulimit {
	uint64_t last_ns;     /* accounted up to here */
	uint64_t capacity_ns; /* of the bucket; CPU time */
	uint64_t fill_ns;     /* in the bucket, and what flowed over */
	unsigned nprocs;      /* processors */
	bool is_limiting;     /* it is full: no assists */
};

/* How a stretch of time was spent. */
struct cpulimit_use {
	uint64_t background_ns; /* CPU time of the collector's thread in it */
	uint64_t assist_ns;     /* CPU time of assists in it */
	uint64_t idle_ns;       /* CPU time nobody wanted in it */
};

/* An empty bucket. */
void cpulimit_init(struct cpulimit *l, unsigned nprocs, uint64_t now_ns);

/* From the last call on until now, time was used so. */
void cpulimit_note(
	struct cpulimit *l, uint64_t now_ns, const struct cpulimit_use *use);

/* From the last call on until now, the world was stopped. */
void cpulimit_note_stopped(struct cpulimit *l, uint64_t now_ns);

/* Whether the last call is so long ago that another one is due. */
bool cpulimit_is_due(const struct cpulimit *l, uint64_t now_ns);

#endif
