/*
 * pacer: the arithmetic of pacer.h.
 *
 *   goal     = marked + (marked + stacks + globals) * GOGC / 100, at least
 *              4 MiB * GOGC / 100, at most what the memory limit leaves
 *   runway   = cons_mark * (1 - u) / u * scan of the last cycle,  u = 1/4
 *   trigger  = goal - runway, within 70 and 95 % of the way to the goal, or
 *              up to 4 MiB before it where that is nearer
 *
 * cons_mark is measured: bytes that a CPU's time of the program allocates
 * for each byte that the same time of marking scans.  The greatest of the
 * last measurements counts, since starting late costs assists, starting
 * early only a little CPU time.
 *
 * The price of an assist assumes that the cycle scans as much as the last.
 * Once it has, all that is live may be reachable; the goal is then taken for
 * as much farther away, for the assumption was wrong and not the program, but
 * not beyond what GOGC would give to a heap of that size.
 *
 * Invariants: heap_marked <= trigger <= goal, unless nothing is left to
 *             allocate: then trigger = goal, and a cycle starts at once.
 * Locking:    none.
 * Context:    any.
 */
#include "gc/pacer.h"

enum {
	/* In 64ths of the way from heap_marked to the goal, as in Go. */
	TRIGGER_LEAST = 45,
	TRIGGER_MOST = 61,
	TRIGGER_SHARES = 64,

	LIMIT_HEADROOM_PERCENT = 3,   /* kept below the memory limit, */
	LIMIT_HEADROOM_MIN = 1 << 20, /* but at least so many bytes */

	PERCENT_OFF = 100000, /* stands for GOGC=off in an extrapolation */
	SCAN_LEFT_MIN = 1000, /* bytes; a cycle is never nearly done */
	SWEEP_DISTANCE_MIN = 8 << 10, /* bytes; divides the pages to sweep */
};

/* How far the goal may be passed before all is scanned at any price. */
#define OVERSHOOT_MAX 1.1

/* Utilization divides by what it leaves over: keep that from nothing. */
#define UTILIZATION_MAX 0.99

static uint64_t pacer_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t pacer_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* a - b, or 0. */
static uint64_t pacer_minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t pacer_scan_sum(const struct pacer_scan *s)
{
	return s->heap + s->stacks + s->globals;
}

/* bytes * percent / 100, UINT64_MAX where it does not fit. */
static uint64_t pacer_percent_of(uint64_t bytes, uint64_t percent)
{
	uint64_t whole, rest, sum;

	if (__builtin_mul_overflow(bytes / 100, percent, &whole) ||
		__builtin_mul_overflow(bytes % 100, percent, &rest) ||
		__builtin_add_overflow(whole, rest / 100, &sum))
		return UINT64_MAX;
	return sum;
}

void pacer_init(struct pacer *p, int64_t gc_percent, int64_t memory_limit)
{
	*p = (struct pacer){
		.gc_percent = gc_percent,
		.memory_limit = memory_limit,
		.triggered = PACER_NO_CYCLE,
	};
}

/* What GOGC allows; no end if it is off. */
static uint64_t pacer_percent_goal(const struct pacer *p)
{
	uint64_t goal;

	if (p->gc_percent < 0)
		return UINT64_MAX;
	const uint64_t percent = (uint64_t)p->gc_percent;
	const uint64_t growth = pacer_percent_of(
		p->heap_marked + p->last_scan.stacks + p->last_scan.globals,
		percent);
	if (__builtin_add_overflow(p->heap_marked, growth, &goal))
		return UINT64_MAX;
	return pacer_max(goal, pacer_percent_of(PACER_HEAP_MIN, percent));
}

/*
 * What the memory limit leaves for objects.  Never less than what is live
 * anyway: below it only the limit on CPU time helps.
 */
static uint64_t pacer_limit_goal(
	const struct pacer *p, const struct pacer_memory *m)
{
	if (p->memory_limit == INT64_MAX)
		return UINT64_MAX;
	const uint64_t limit = (uint64_t)p->memory_limit;
	const uint64_t others =
		pacer_minus(m->mapped, m->heap_free + m->heap_alloc);
	const uint64_t overage = pacer_minus(m->mapped, limit);
	if (others + overage >= limit)
		return p->heap_marked;

	uint64_t goal = limit - others - overage;
	const uint64_t headroom = pacer_max(
		goal / 100 * LIMIT_HEADROOM_PERCENT, LIMIT_HEADROOM_MIN);
	goal = pacer_max(pacer_minus(goal, headroom), headroom);
	return pacer_max(goal, p->heap_marked);
}

/* The trigger for a goal, not below least. */
static uint64_t pacer_trigger(
	const struct pacer *p, uint64_t goal, uint64_t least)
{
	if (p->heap_marked >= goal)
		return goal;
	const uint64_t share = (goal - p->heap_marked) / TRIGGER_SHARES;
	const uint64_t lower =
		pacer_max(least, p->heap_marked + share * TRIGGER_LEAST);
	const uint64_t late = pacer_max(p->heap_marked + share * TRIGGER_MOST,
		pacer_minus(goal, PACER_HEAP_MIN));
	const uint64_t upper = pacer_max(late, lower);

	const double runway = p->cons_mark *
			      ((1 - PACER_UTILIZATION) / PACER_UTILIZATION) *
			      (double)pacer_scan_sum(&p->last_scan);
	if (runway >= (double)goal)
		return lower;
	const uint64_t trigger = goal - (uint64_t)runway;
	return pacer_min(pacer_max(trigger, lower), upper);
}

struct pacer_goal pacer_goal(
	const struct pacer *p, const struct pacer_memory *m)
{
	uint64_t goal = pacer_percent_goal(p);
	uint64_t least = 0;
	const uint64_t limit_goal = pacer_limit_goal(p, m);

	if (limit_goal < goal) {
		goal = limit_goal;
	} else {
		least = p->sweep_trigger;
		goal = pacer_max(goal, p->sweep_trigger);
		if (p->triggered != PACER_NO_CYCLE)
			goal = pacer_max(goal, p->triggered + PACER_RUNWAY_MIN);
	}
	return (struct pacer_goal){
		.goal = goal,
		.trigger = pacer_trigger(p, goal, least),
		.is_limited = goal == limit_goal && goal > p->heap_marked,
	};
}

void pacer_start_cycle(struct pacer *p, uint64_t heap_live)
{
	p->triggered = heap_live;
}

/*
 * A quarter of few processors is no whole number.  Up to 30 % too many or
 * too few dedicated workers are taken as they are; else there is one less
 * than too many, and a fraction of every processor makes up for it.
 */
struct pacer_workers pacer_workers(unsigned nprocs, bool is_stopped)
{
	const double wanted = PACER_UTILIZATION * nprocs;
	struct pacer_workers w = {.dedicated = (unsigned)(wanted + 0.5)};

	if (is_stopped)
		return (struct pacer_workers){.dedicated = nprocs};
	const double error = w.dedicated / wanted - 1;
	if (error >= -0.3 && error <= 0.3)
		return w;
	if (w.dedicated > wanted)
		w.dedicated--;
	w.fractional = (wanted - w.dedicated) / nprocs;
	return w;
}

/* The goal of a cycle that has scanned more than the one before. */
static double pacer_extrapolate(const struct pacer *p, uint64_t goal,
	double scan_expected, double scan_max)
{
	const int64_t percent = p->gc_percent < 0 ? PERCENT_OFF : p->gc_percent;
	const double hard = (1 + (double)percent / 100) * (double)goal;
	const double runway = (double)goal - (double)p->triggered;
	const double farther =
		runway / scan_expected * scan_max + (double)p->triggered;

	return farther < hard ? farther : hard;
}

struct pacer_assist pacer_revise(const struct pacer *p, uint64_t goal,
	const struct pacer_progress *progress)
{
	const double live = (double)progress->heap_live;
	const double scanned = (double)progress->scanned;
	const double scan_max = (double)progress->scan_max;
	double expected = (double)pacer_scan_sum(&p->last_scan);
	double aim = (double)goal;

	if (scanned > expected) {
		/* In a first cycle nothing was expected: the hard goal. */
		aim = pacer_extrapolate(
			p, goal, expected > 1 ? expected : 1, scan_max);
		expected = scan_max;
	}
	if (live > aim) {
		aim *= OVERSHOOT_MAX;
		expected = scan_max;
	}
	double scan_left = expected - scanned;
	if (scan_left < SCAN_LEFT_MIN)
		scan_left = SCAN_LEFT_MIN;
	double heap_left = aim - live;
	if (heap_left < 1)
		heap_left = 1;
	return (struct pacer_assist){
		scan_left / heap_left, heap_left / scan_left};
}

struct pacer_debt pacer_debt(const struct pacer_assist *a, int64_t bytes)
{
	struct pacer_debt d = {
		(int64_t)(a->work_per_byte * (double)bytes), bytes};

	if (d.work < PACER_ASSIST_MIN) {
		d.work = PACER_ASSIST_MIN;
		d.bytes = (int64_t)(a->bytes_per_work * PACER_ASSIST_MIN);
	}
	return d;
}

/* Notes a measurement; cons_mark is the greatest of it and those before. */
static void pacer_note_cons_mark(struct pacer *p, double measured)
{
	p->cons_mark = measured;
	for (int i = 0; i < PACER_NMEASURED; i++)
		if (p->measured[i] > p->cons_mark)
			p->cons_mark = p->measured[i];
	for (int i = 1; i < PACER_NMEASURED; i++)
		p->measured[i - 1] = p->measured[i];
	p->measured[PACER_NMEASURED - 1] = measured;
}

struct pacer_outcome pacer_end_cycle(
	struct pacer *p, const struct pacer_cycle *c)
{
	const double cpu_ns = (double)c->duration_ns * c->nprocs;
	const double scanned = (double)pacer_scan_sum(&c->scan);
	struct pacer_outcome o = {PACER_UTILIZATION,
		pacer_scan_sum(&p->last_scan), p->triggered, p->cons_mark};
	double idle = 0;

	if (cpu_ns > 0) {
		o.utilization += (double)c->assist_ns / cpu_ns;
		idle = (double)c->idle_ns / cpu_ns;
	}
	if (o.utilization > UTILIZATION_MAX)
		o.utilization = UTILIZATION_MAX;
	/* Without growth or work, as with the world stopped, nothing is new. */
	if (c->heap_live > p->triggered && scanned > 0)
		pacer_note_cons_mark(
			p, (double)(c->heap_live - p->triggered) *
				   (o.utilization + idle) /
				   (scanned * (1 - o.utilization)));
	p->last_goal = c->goal;
	p->heap_marked = c->heap_marked;
	p->last_scan = c->scan;
	p->triggered = PACER_NO_CYCLE;
	return o;
}

void pacer_commit(struct pacer *p, uint64_t heap_live, bool is_swept)
{
	p->sweep_trigger = is_swept ? 0 : heap_live + PACER_SWEEP_MIN;
}

double pacer_sweep_ratio(
	uint64_t heap_live, uint64_t trigger, uint64_t npages_unswept)
{
	const uint64_t distance =
		pacer_minus(trigger, heap_live + PACER_SWEEP_MIN);

	return (double)npages_unswept /
	       (double)pacer_max(distance, SWEEP_DISTANCE_MIN);
}
