/*
 * scavgoal: how many free bytes the heap may keep resident.
 *
 *   in use    /\    /\    /\    /\____        a breathing heap, then idle
 *   regret   ___''''''''''''''''''\__         learned at the second rise,
 *                                    '.__     kept, halved every second
 *
 * Time is cut into seconds that begin when they are first seen.  What was
 * released counts for regret during its own second and the next; a rise of
 * the heap within a second earns the regret of that size for another one.  A
 * fall earns nothing, so the end of a burst does not hold memory.
 *
 * Invariants: regret never exceeds what was released and taken again.
 * Locking:    none; the caller holds mheap.
 * Context:    mutator, worker.
 */
#include "core/scavgoal.h"

#include "core/atomics.h"

enum {
	SECOND_NS = 1000000000,
	SECONDS_MAX = 64, /* after so many halvings nothing is left */
};

static size_t scavgoal_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Regret after a second in which it was, or was not, earned. */
static size_t scavgoal_decay(const struct scavgoal *g)
{
	const size_t half = g->regret / 2;
	const size_t earned = scavgoal_min(g->regret, g->rise);

	if (g->is_regret_new)
		return g->regret;
	return earned > half ? earned : half;
}

static void scavgoal_end_second(struct scavgoal *g)
{
	store_relaxed(&g->regret, scavgoal_decay(g));
	g->is_regret_new = false;
	g->released_before = g->released;
	g->released = 0;
	g->low = g->in_use;
	g->rise = 0;
}

/* Ends the seconds that are over. */
static void scavgoal_advance(struct scavgoal *g, uint64_t now_ns)
{
	if (now_ns < g->second_ns)
		return;
	const uint64_t nseconds = (now_ns - g->second_ns) / SECOND_NS;

	for (uint64_t i = 0; i < nseconds && i < SECONDS_MAX; i++)
		scavgoal_end_second(g);
	g->second_ns += nseconds * SECOND_NS;
}

/* Takes up to bytes out of *from; returns how many. */
static size_t scavgoal_take(size_t *from, size_t bytes)
{
	const size_t taken = scavgoal_min(*from, bytes);

	*from -= taken;
	return taken;
}

void scavgoal_init(struct scavgoal *g)
{
	*g = (struct scavgoal){.limit = SIZE_MAX};
}

void scavgoal_note_in_use(struct scavgoal *g, size_t in_use_bytes)
{
	g->in_use = in_use_bytes;
	if (in_use_bytes < g->low)
		g->low = in_use_bytes;
	if (in_use_bytes - g->low > g->rise)
		g->rise = in_use_bytes - g->low;
	if (in_use_bytes > g->peak)
		g->peak = in_use_bytes;
}

void scavgoal_note_released(struct scavgoal *g, size_t bytes, uint64_t now_ns)
{
	scavgoal_advance(g, now_ns);
	g->released += bytes;
}

void scavgoal_note_reused(struct scavgoal *g, size_t bytes, uint64_t now_ns)
{
	scavgoal_advance(g, now_ns);
	size_t regretted = scavgoal_take(&g->released_before, bytes);
	regretted += scavgoal_take(&g->released, bytes - regretted);
	if (regretted > 0) {
		store_relaxed(&g->regret, g->regret + regretted);
		g->is_regret_new = true;
	}
}

size_t scavgoal_left_by_limit(const struct scavgoal *g, size_t in_use_bytes)
{
	const size_t most = g->limit / 100 * SCAVGOAL_LIMIT_PERCENT;

	if (g->limit == SIZE_MAX)
		return SIZE_MAX;
	return most > in_use_bytes ? most - in_use_bytes : 0;
}

size_t scavgoal_excess(const struct scavgoal *g, size_t in_use_bytes,
	size_t dirty_bytes, size_t more)
{
	const size_t resident = in_use_bytes + dirty_bytes;

	if (g->limit == SIZE_MAX || resident + more <= g->limit)
		return 0;
	return scavgoal_min(resident + more - g->limit, dirty_bytes);
}

size_t scavgoal_allowance(
	struct scavgoal *g, size_t in_use_bytes, uint64_t now_ns)
{
	scavgoal_advance(g, now_ns);
	scavgoal_note_in_use(g, in_use_bytes);

	/* More regret than this was wasted whatever comes. */
	store_relaxed(&g->regret, scavgoal_min(g->regret, g->peak));
	const size_t below_peak = g->peak - in_use_bytes;
	return scavgoal_min(scavgoal_left_by_limit(g, in_use_bytes),
		SCAVGOAL_FLOOR + in_use_bytes / SCAVGOAL_INUSE_DIVISOR +
			scavgoal_min(g->regret, below_peak));
}
