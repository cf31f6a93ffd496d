/*
 * quota: see quota.h.
 *
 * A thread that may take a whole processor never sleeps.  One that the
 * kernel lets run less than its share saves up no more than a burst.
 *
 * Locking:    none; the caller is the thread.
 * Context:    any.
 */
#include "gc/quota.h"

#include "gc/pacer.h"

void quota_init(struct quota *q, unsigned nprocs)
{
	const double share = PACER_UTILIZATION * nprocs;

	*q = (struct quota){
		.share = share < 1 ? share : 1,
		.balance_ns = QUOTA_BURST_NS,
	};
}

/* Time since the last call; a clock that stepped back has not moved. */
static uint64_t quota_advance(struct quota *q, uint64_t now_ns)
{
	const uint64_t last_ns = q->last_ns;

	if (last_ns != 0 && now_ns <= last_ns)
		return 0;
	q->last_ns = now_ns;
	return last_ns != 0 ? now_ns - last_ns : 0;
}

uint64_t quota_note(
	struct quota *q, uint64_t now_ns, uint64_t cpu_ns, bool is_idle)
{
	const double earned = (double)quota_advance(q, now_ns) * q->share;

	if (earned >= QUOTA_BURST_NS + QUOTA_DEBT_NS)
		q->balance_ns = QUOTA_BURST_NS;
	else
		q->balance_ns += (int64_t)earned;
	if (!is_idle)
		q->balance_ns -= (int64_t)cpu_ns;
	if (q->balance_ns > QUOTA_BURST_NS)
		q->balance_ns = QUOTA_BURST_NS;
	if (q->balance_ns < -QUOTA_DEBT_NS)
		q->balance_ns = -QUOTA_DEBT_NS;
	if (q->share >= 1 || q->balance_ns >= 0)
		return 0;
	const double sleep_ns = (double)-q->balance_ns / q->share;
	if (sleep_ns < QUOTA_SLEEP_MIN_NS)
		return 0;
	return sleep_ns < QUOTA_SLEEP_MAX_NS ? (uint64_t)sleep_ns
					     : QUOTA_SLEEP_MAX_NS;
}
