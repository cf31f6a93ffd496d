/*
 * quota: how much of the processors the collector's thread takes.
 *
 * Go gives marking a quarter of them.  On four that is one thread which does
 * nothing else; on two it is half of one, so the thread works for a while and
 * sleeps for as long.  What nobody else wants it may have on top.
 *
 *   balance += time that passed * share
 *   balance -= CPU time that it took and that others wanted
 *   below 0: sleep until it is not
 *
 * The balance is bounded above, so that a quiet hour does not pay for a busy
 * second, but enough is left that a small heap is marked without a pause; and
 * below, for the same reason the other way.
 *
 * Numbers in, numbers out; times are in ns.
 *
 * Locking:    none inside.  Context: any.
 */
#ifndef GC_QUOTA_H
#define GC_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

enum {
	QUOTA_BURST_NS = 5000000,     /* CPU time that may be saved up */
	QUOTA_DEBT_NS = 50000000,     /* and owed, at most */
	QUOTA_SLEEP_MIN_NS = 500000,  /* not worth a system call below */
	QUOTA_SLEEP_MAX_NS = 4000000, /* then the world is looked at again */
};

struct quota {
	double share;       /* of one processor that the thread may take */
	int64_t balance_ns; /* CPU time it may take; negative: it owes */
	uint64_t last_ns;   /* accounted up to here; 0: not begun */
};

/* A thread that has used nothing, of so many processors. */
void quota_init(struct quota *q, unsigned nprocs);

/*
 * Up to now the thread has taken cpu_ns since the last call; is_idle: nobody
 * else wanted the processor.  How long it should sleep, 0: not at all.
 */
uint64_t quota_note(
	struct quota *q, uint64_t now_ns, uint64_t cpu_ns, bool is_idle);

#endif
