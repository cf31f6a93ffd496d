/*
 * cpulimit: a leaky bucket, as Go's.
 *
 *   fill += collector's CPU time - program's CPU time,  0 <= fill <= capacity
 *
 * At a share of a half the level stands still.  A full bucket limits until
 * the level has fallen at all: the next look is at most 10 ms later, so
 * assists come and go and the share stays at a half.  A second of capacity
 * lets a large heap be marked at full speed once in a while.
 *
 * Locking:    none; see cpulimit.h.
 * Context:    any.
 */
#include "gc/cpulimit.h"

#include "gc/pacer.h"

void cpulimit_init(struct cpulimit *l, unsigned nprocs, uint64_t now_ns)
{
	*l = (struct cpulimit){
		.last_ns = now_ns,
		.capacity_ns = (uint64_t)nprocs * CPULIMIT_SECOND_NS,
		.nprocs = nprocs,
	};
}

/* CPU time since the last call; a clock that stepped back has not moved. */
static uint64_t cpulimit_advance(struct cpulimit *l, uint64_t now_ns)
{
	if (now_ns <= l->last_ns)
		return 0;
	const uint64_t elapsed_ns = now_ns - l->last_ns;
	l->last_ns = now_ns;
	return elapsed_ns * l->nprocs;
}

static void cpulimit_fill(struct cpulimit *l, uint64_t ns)
{
	const uint64_t room_ns = l->capacity_ns - l->fill_ns;

	if (ns < room_ns) {
		l->fill_ns += ns;
		l->is_limiting = false;
		return;
	}
	l->overflow_ns += ns - room_ns;
	l->fill_ns = l->capacity_ns;
	l->is_limiting = true;
}

static void cpulimit_drain(struct cpulimit *l, uint64_t ns)
{
	l->fill_ns = ns < l->fill_ns ? l->fill_ns - ns : 0;
	l->is_limiting = false;
}

void cpulimit_note(
	struct cpulimit *l, uint64_t now_ns, const struct cpulimit_use *use)
{
	const uint64_t total_ns = cpulimit_advance(l, now_ns);
	uint64_t gc_ns = use->assist_ns;

	if (use->is_marking)
		gc_ns += (uint64_t)((double)total_ns * PACER_UTILIZATION);
	/* What nobody wanted is nobody's. */
	const uint64_t used_ns =
		total_ns > use->idle_ns ? total_ns - use->idle_ns : 0;
	const uint64_t program_ns = used_ns > gc_ns ? used_ns - gc_ns : 0;
	if (gc_ns > program_ns)
		cpulimit_fill(l, gc_ns - program_ns);
	else if (program_ns > gc_ns)
		cpulimit_drain(l, program_ns - gc_ns);
}

void cpulimit_note_stopped(struct cpulimit *l, uint64_t now_ns)
{
	const uint64_t total_ns = cpulimit_advance(l, now_ns);

	if (total_ns > 0)
		cpulimit_fill(l, total_ns);
}

bool cpulimit_is_due(const struct cpulimit *l, uint64_t now_ns)
{
	return now_ns > l->last_ns && now_ns - l->last_ns > CPULIMIT_PERIOD_NS;
}
