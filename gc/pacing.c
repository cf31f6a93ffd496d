/*
 * pacing: from what happened to what the pacer wants to know, and from its
 * answers to the trigger that mallocs look at.
 *
 *   mallocs: heap_live += ...          >= trigger? a cycle
 *   cycle:   heap_live -= what was allocated before it and is not marked
 *
 * Bytes allocated during a mark count as marked: such objects are black.
 *
 * Memory is compared with the limit by what is resident of the whole process,
 * since the limit is the program's, not the heap's (gc/resident.h).  Under a
 * limit the trigger is computed anew after every MiB allocated: the goal
 * follows what the process needs besides.
 *
 * Locking:    collector, for the pacer: the program may set its two numbers.
 * Context:    the collector's thread; busy threads that set or ask.
 */
#include "gc/pacing.h"

#include <sched.h>

#include "core/bits.h"
#include "core/options.h"
#include "core/os.h"
#include "core/syscall.h"
#include "gc/assist.h"
#include "gc/background.h"
#include "gc/collector.h"
#include "gc/cputime.h"
#include "gc/gcpage.h"
#include "gc/gcstats.h"
#include "gc/gctrace.h"
#include "gc/memlimit.h"
#include "gc/resident.h"
#include "gc/stw.h"
#include "gc/sweepwork.h"

enum {
	CPU_WORDS = 16,          /* of an affinity mask: 1024 processors */
	RETRY_BYTES = 4 << 20,   /* allocated before a failed cycle's next */
	RETRY_DIVISOR = 8,       /* or this part of the heap, if it is more */
	SWEEP_DIVISOR = 4,       /* of the way to the trigger: all is swept */
	REFRESH_BYTES = 1 << 20, /* allocated between two looks at the limit */
};

static struct pacer pacer; /* guarded by collector */
static uint64_t start_ns;  /* of the collector's time */
static uint64_t ncycles;   /* atomic */
static unsigned nprocs;

static unsigned count_processors(void)
{
	uint64_t mask[CPU_WORDS] = {0};
	long n = syscall3(SYS_sched_getaffinity, 0, sizeof mask, mask);
	unsigned found = 0;

	for (long i = 0; i < n / (long)sizeof mask[0]; i++)
		found += popcount64(mask[i]);
	return found > 0 ? found : 1;
}

static struct pacer_goal goal_now(void)
{
	struct pacer_memory memory = {0};

	if (pacer.memory_limit != GOMEMLIMIT_OFF)
		memory = resident_estimate();
	return pacer_goal(&pacer, &memory);
}

/* Holds: collector. */
static void set_trigger(void)
{
	const struct pacer_goal goal = goal_now();
	uint64_t refresh = UINT64_MAX;

	if (pacer.memory_limit != GOMEMLIMIT_OFF)
		refresh = load_relaxed(&collector.heap_live) + REFRESH_BYTES;
	store_relaxed(&collector.trigger, goal.trigger);
	store_relaxed(&collector.goal, goal.goal);
	store_relaxed(&collector.refresh, refresh);
	store_relaxed(&collector.is_strict, goal.is_limited);
	assist_set_goal(goal.goal);
	gcpage_set_pacer_locked(&pacer, goal.goal);
}

/* How much of the heap may be resident.  Holds: collector. */
static void tell_heap_limit(void)
{
	const bool binds =
		pacer.memory_limit != GOMEMLIMIT_OFF && !cputime_is_limiting();

	resident_set_limit(binds ? pacer.memory_limit : GOMEMLIMIT_OFF);
}

/* Under a limit, asks the kernel what there is.  Takes collector. */
static void measure(void)
{
	lock(&collector.lock);
	const bool binds = pacer.memory_limit != GOMEMLIMIT_OFF;
	unlock(&collector.lock);
	if (!binds)
		return;
	resident_measure();
	lock(&collector.lock);
	tell_heap_limit();
	set_trigger();
	unlock(&collector.lock);
}

void pacing_refresh(void)
{
	lock(&collector.lock);
	if (load_relaxed(&collector.heap_live) >=
		load_relaxed(&collector.refresh))
		set_trigger();
	unlock(&collector.lock);
}

void pacing_init(void)
{
	int64_t limit = options.gomemlimit;

	if (limit == GOMEMLIMIT_AUTO)
		limit = memlimit_auto();
	nprocs = count_processors();
	start_ns = os_precise_ns();
	gcstats_init();
	cputime_init(nprocs);
	background_init(nprocs);
	pacer_init(&pacer, options.gogc, limit);
	pacer_commit(&pacer, load_relaxed(&collector.heap_live), true);
	measure();
	lock(&collector.lock);
	set_trigger();
	unlock(&collector.lock);
}

/* Bytes to scan if all that is live is reachable. */
static uint64_t scan_max(const struct pacing_times *t)
{
	return t->heap_start + pacer.last_scan.stacks + pacer.last_scan.globals;
}

/* The pacer's plan; one thread marks, whatever the processors. */
static struct gctrace_plan plan_of(const struct pacing_times *t)
{
	const struct pacer_progress begun = {
		.heap_live = t->heap_start,
		.scan_max = scan_max(t),
	};

	return (struct gctrace_plan){
		.work_per_byte =
			pacer_revise(&pacer, t->goal, &begun).work_per_byte,
		.heap_scan = t->heap_start,
		.heap_live = t->heap_start,
		.goal = t->goal,
		.workers = pacer_workers(nprocs, false),
	};
}

void pacing_cycle_begins(struct pacing_times *t)
{
	background_count();
	*t = (struct pacing_times){
		.begin_ns = os_precise_ns(),
		.use = cputime_read(),
		.paused_ns = stw_read_stats().total_ns,
		.heap_start = load_relaxed(&collector.heap_live),
	};
	measure();
	lock(&collector.lock);
	pacer_start_cycle(&pacer, t->heap_start);
	t->goal = goal_now().goal;
	const struct gctrace_plan plan = plan_of(t);
	unlock(&collector.lock);
	gctrace_print_plan(&plan);
}

void pacing_assists_begin(const struct pacing_times *t, struct markpool *pool)
{
	const struct assist_plan plan = {
		.pacer = pacer,
		.goal = load_relaxed(&collector.goal),
		.scan_max = scan_max(t),
		.pool = pool,
	};

	assist_begin(&plan);
}

void pacing_stops(struct pacing_times *t)
{
	background_count();
	t->stop_ns = os_precise_ns();
	t->early_ns = stw_read_stats().total_ns - t->paused_ns;
	cputime_stops();
}

void pacing_starts(void)
{
	cputime_starts();
}

static void trace(const struct pacing_times *t, const struct pacer_cycle *cycle,
	const struct cputime_use *use, bool is_forced)
{
	struct stw_stats stw = stw_read_stats();
	uint64_t now = os_precise_ns(), elapsed = now - start_ns;
	uint64_t gc_cpu_ns = use->background + use->assist;
	struct gctrace_cycle line = {
		.number = (uint32_t)load_relaxed(&ncycles),
		.start_ns = t->begin_ns - start_ns,
		.percent = gctrace_percent(gc_cpu_ns, elapsed, nprocs),
		.stop_start_ns = t->early_ns,
		.mark_ns = t->stop_ns - t->begin_ns - t->early_ns,
		.stop_end_ns = stw.pause_ns,
		.assist_ns = cycle->assist_ns,
		.background_ns = use->background - t->use.background,
		.idle_ns = cycle->idle_ns,
		.heap_start = t->heap_start,
		.heap_end = cycle->heap_live,
		.heap_marked = cycle->heap_marked,
		.goal = cycle->goal,
		.stacks = cycle->scan.stacks,
		.globals = cycle->scan.globals,
		.nprocs = nprocs,
		.is_forced = is_forced,
	};
	gctrace_print_cycle(&line);
	gcstats_note(
		&(struct gcstats_cycle){.pause_ns = t->early_ns + stw.pause_ns,
			.end = os_wall_ns(),
			.gc_cpu_ns = gc_cpu_ns,
			.elapsed_cpu_ns = elapsed * nprocs,
			.is_forced = is_forced});
}

static bool take_forced(void)
{
	static uint64_t seen;
	uint64_t n = load_relaxed(&collector.nforced);
	bool forced = n != seen;

	seen = n;
	return forced;
}

/*
 * The heap's size at which the sweep is to be done.  Go's is the trigger; but
 * until then what the last cycle found dead is there as well, and its goal may
 * have been higher.  Where that stands in the way of the limit: now.
 */
static uint64_t sweep_until(uint64_t live)
{
	const uint64_t trigger = load_relaxed(&collector.trigger);

	if (load_relaxed(&collector.is_strict) || trigger <= live)
		return live;
	return live + (trigger - live) / SWEEP_DIVISOR;
}

void pacing_cycle_ends(
	const struct pacing_times *t, const struct pacing_marked *marked)
{
	uint64_t live = load_relaxed(&collector.heap_live);
	const struct assist_totals assisted = assist_read_totals();
	background_count();
	const struct cputime_use use = cputime_read();
	struct pacer_cycle cycle = {
		.heap_live = live,
		.heap_marked = marked->bytes + assisted.marked +
			       (live - t->heap_start),
		.scan = marked->scan,
		.goal = load_relaxed(&collector.goal),
		.duration_ns = t->stop_ns - t->begin_ns,
		.assist_ns = use.assist - t->use.assist,
		.idle_ns = use.idle - t->use.idle,
		.nprocs = nprocs,
	};

	cycle.scan.heap += assisted.scanned;
	/* Counts are rounded up when a span is taken: never above live. */
	if (cycle.heap_marked > live)
		cycle.heap_marked = live;
	fetch_sub_relaxed(&collector.heap_live, live - cycle.heap_marked);
	lock(&collector.lock);
	struct pacer_outcome outcome = pacer_end_cycle(&pacer, &cycle);
	pacer_commit(&pacer, cycle.heap_marked, false);
	set_trigger();
	unlock(&collector.lock);
	measure();
	sweepwork_begin(cycle.heap_marked, sweep_until(cycle.heap_marked));
	store_relaxed(&ncycles, ncycles + 1);
	trace(t, &cycle, &use, take_forced());
	gctrace_print_outcome(&outcome, &cycle);
}

void pacing_cycle_failed(void)
{
	uint64_t live = load_relaxed(&collector.heap_live);
	uint64_t more = live / RETRY_DIVISOR;

	lock(&collector.lock);
	pacer.triggered = PACER_NO_CYCLE;
	store_relaxed(&collector.refresh, UINT64_MAX);
	store_relaxed(&collector.trigger,
		live + (more > RETRY_BYTES ? more : RETRY_BYTES));
	unlock(&collector.lock);
}

void pacing_swept(void)
{
	lock(&collector.lock);
	pacer_commit(&pacer, load_relaxed(&collector.heap_live), true);
	set_trigger();
	unlock(&collector.lock);
}

int64_t pacing_set_gc_percent(int64_t percent)
{
	lock(&collector.lock);
	const int64_t before = pacer.gc_percent;
	pacer.gc_percent = percent;
	set_trigger();
	unlock(&collector.lock);
	return before;
}

int64_t pacing_set_memory_limit(int64_t limit)
{
	lock(&collector.lock);
	const int64_t before = pacer.memory_limit;
	if (limit >= 0)
		pacer.memory_limit = limit;
	tell_heap_limit();
	set_trigger();
	unlock(&collector.lock);
	measure();
	return before;
}

uint64_t pacing_goal(void)
{
	lock(&collector.lock);
	const uint64_t goal = goal_now().goal;
	unlock(&collector.lock);
	return goal;
}

void pacing_fork_child(void)
{
	pacer.triggered = PACER_NO_CYCLE;
	start_ns = os_precise_ns();
	cputime_init(nprocs);
	background_init(nprocs);
	assist_fork_child();
	sweepwork_fork_child();
	store_relaxed(&ncycles, 0);
	gcstats_init();
	gcpage_set_phase(STATSPAGE_GC_OFF);
}

uint64_t pacing_ncycles(void)
{
	return load_relaxed(&ncycles);
}
