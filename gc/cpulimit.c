/*
 * cpulimit: a leaky bucket.
 *
 *   fill += collector's CPU time - program's CPU time
 *   limiting while capacity <= fill <= 2 * capacity
 *
 * At a share of a half the level stands still.  Assists come and go with each
 * look at the clock, at most 10 ms apart, and the share stays at a half.  A
 * second of capacity lets a large heap be marked at full speed once in a
 * while.  The bound keeps long pauses, which no limit on assists can prevent,
 * from taking the assists away for longer than a few seconds.
 *
 * Locking:    none; see cpulimit.h.
 * Context:    any.
 */
#include "gc/cpulimit.h"

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

static void cpulimit_set(struct cpulimit *l, uint64_t fill_ns)
{
	const uint64_t most_ns = 2 * l->capacity_ns;

	l->fill_ns = fill_ns < most_ns ? fill_ns : most_ns;
	l->is_limiting = l->fill_ns >= l->capacity_ns;
}

void cpulimit_note(
	struct cpulimit *l, uint64_t now_ns, const struct cpulimit_use *use)
{
	const uint64_t total_ns = cpulimit_advance(l, now_ns);
	const uint64_t gc_ns = use->background_ns + use->assist_ns;

	/* What nobody wanted is nobody's. */
	const uint64_t used_ns =
		total_ns > use->idle_ns ? total_ns - use->idle_ns : 0;
	const uint64_t program_ns = used_ns > gc_ns ? used_ns - gc_ns : 0;
	const uint64_t level_ns = l->fill_ns + gc_ns;
	cpulimit_set(l, level_ns > program_ns ? level_ns - program_ns : 0);
}

void cpulimit_note_stopped(struct cpulimit *l, uint64_t now_ns)
{
	cpulimit_set(l, l->fill_ns + cpulimit_advance(l, now_ns));
}

bool cpulimit_is_due(const struct cpulimit *l, uint64_t now_ns)
{
	return now_ns > l->last_ns && now_ns - l->last_ns > CPULIMIT_PERIOD_NS;
}
