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
 * since the limit is the program's, not the heap's.
 *
 * Locking:    collector, for the pacer: the program may set its two numbers.
 * Context:    the collector's thread; busy threads that set or ask.
 */
#include "gc/pacing.h"

#include <fcntl.h>
#include <sched.h>

#include "core/bits.h"
#include "core/mheap.h"
#include "core/options.h"
#include "core/os.h"
#include "core/syscall.h"
#include "gc/collector.h"
#include "gc/gcpage.h"
#include "gc/gcstats.h"
#include "gc/gctrace.h"
#include "gc/memlimit.h"
#include "gc/stw.h"

enum {
	CPU_WORDS = 16,        /* of an affinity mask: 1024 processors */
	RETRY_BYTES = 4 << 20, /* allocated before a failed cycle's next */
	RETRY_DIVISOR = 8,     /* or this part of the heap, if it is more */
	STATM_SIZE = 128,      /* bytes of the file, and more */
};

static struct pacer pacer; /* guarded by collector */
static uint64_t start_ns;  /* of the collector's time */
static uint64_t gc_cpu_ns; /* of all cycles */
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

/* Bytes of the process that are resident; 0: unknown. */
static uint64_t resident_bytes(void)
{
	char text[STATM_SIZE];
	long fd = syscall4(SYS_openat, AT_FDCWD, "/proc/thread-self/statm",
		O_RDONLY | O_CLOEXEC, 0);
	uint64_t npages = 0;

	if (fd < 0)
		return 0;
	long n = syscall3(SYS_read, fd, text, sizeof text);
	syscall1(SYS_close, fd);
	for (long i = 0, field = 0; i < n && field < 2; i++) {
		if (text[i] == ' ')
			field++;
		else if (field == 1)
			npages = npages * 10 + (uint64_t)(text[i] - '0');
	}
	return npages * os_page_size;
}

static struct pacer_memory read_memory(void)
{
	lock(&mheap.lock);
	uint64_t dirty = mheap.pages.npages_dirty << GO_PAGE_SHIFT;
	unlock(&mheap.lock);
	return (struct pacer_memory){
		.mapped = resident_bytes(),
		.heap_free = dirty,
		.heap_alloc = load_relaxed(&collector.heap_live),
	};
}

static struct pacer_goal goal_now(void)
{
	struct pacer_memory memory = {0};

	if (pacer.memory_limit != GOMEMLIMIT_OFF)
		memory = read_memory();
	return pacer_goal(&pacer, &memory);
}

/* Holds: collector. */
static void set_trigger(void)
{
	const struct pacer_goal goal = goal_now();

	store_relaxed(&collector.trigger, goal.trigger);
	gcpage_set_pacer_locked(&pacer, goal.goal);
}

void pacing_init(void)
{
	int64_t limit = options.gomemlimit;

	if (limit == GOMEMLIMIT_AUTO)
		limit = memlimit_auto();
	nprocs = count_processors();
	start_ns = os_precise_ns();
	gcstats_init();
	pacer_init(&pacer, options.gogc, limit);
	lock(&collector.lock);
	pacer_commit(&pacer, load_relaxed(&collector.heap_live), true);
	set_trigger();
	unlock(&collector.lock);
}

/* The pacer's plan; one thread marks, whatever the processors. */
static struct gctrace_plan plan_of(const struct pacing_times *t)
{
	const struct pacer_progress begun = {
		.heap_live = t->heap_start,
		.scan_max = t->heap_start + pacer.last_scan.stacks +
			    pacer.last_scan.globals,
	};

	return (struct gctrace_plan){
		.work_per_byte =
			pacer_revise(&pacer, t->goal, &begun).work_per_byte,
		.heap_scan = t->heap_start,
		.heap_live = t->heap_start,
		.goal = t->goal,
		.workers = {.dedicated = 1},
	};
}

void pacing_cycle_begins(struct pacing_times *t)
{
	*t = (struct pacing_times){
		.begin_ns = os_precise_ns(),
		.cpu_ns = os_thread_cpu_ns(),
		.heap_start = load_relaxed(&collector.heap_live),
	};
	lock(&collector.lock);
	pacer_start_cycle(&pacer, t->heap_start);
	t->goal = goal_now().goal;
	const struct gctrace_plan plan = plan_of(t);
	unlock(&collector.lock);
	gctrace_print_plan(&plan);
}

void pacing_stops(struct pacing_times *t)
{
	t->stop_ns = os_precise_ns();
}

static void trace(const struct pacing_times *t, const struct pacer_cycle *cycle,
	uint64_t cpu_ns, bool is_forced)
{
	struct stw_stats stw = stw_read_stats();
	uint64_t now = os_precise_ns(), elapsed = now - start_ns;
	struct gctrace_cycle line = {
		.number = (uint32_t)load_relaxed(&ncycles),
		.start_ns = t->begin_ns - start_ns,
		.percent = gctrace_percent(gc_cpu_ns, elapsed, nprocs),
		.mark_ns = t->stop_ns - t->begin_ns,
		.stop_end_ns = stw.pause_ns,
		.background_ns = cpu_ns,
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
	gcstats_note(&(struct gcstats_cycle){.pause_ns = stw.pause_ns,
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

void pacing_cycle_ends(
	const struct pacing_times *t, const struct pacing_marked *marked)
{
	uint64_t live = load_relaxed(&collector.heap_live);
	uint64_t cpu_ns = os_thread_cpu_ns() - t->cpu_ns;
	struct pacer_cycle cycle = {
		.heap_live = live,
		.heap_marked = marked->bytes + (live - t->heap_start),
		.scan = marked->scan,
		.goal = t->goal,
		.duration_ns = t->stop_ns - t->begin_ns,
		.nprocs = nprocs,
	};

	/* Counts are rounded up when a span is taken: never above live. */
	if (cycle.heap_marked > live)
		cycle.heap_marked = live;
	fetch_sub_relaxed(&collector.heap_live, live - cycle.heap_marked);
	lock(&collector.lock);
	struct pacer_outcome outcome = pacer_end_cycle(&pacer, &cycle);
	pacer_commit(&pacer, cycle.heap_marked, false);
	set_trigger();
	unlock(&collector.lock);
	store_relaxed(&ncycles, ncycles + 1);
	gc_cpu_ns += cpu_ns;
	trace(t, &cycle, cpu_ns, take_forced());
	gctrace_print_outcome(&outcome, &cycle);
}

void pacing_cycle_failed(void)
{
	uint64_t live = load_relaxed(&collector.heap_live);
	uint64_t more = live / RETRY_DIVISOR;

	store_relaxed(&collector.trigger,
		live + (more > RETRY_BYTES ? more : RETRY_BYTES));
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
	set_trigger();
	unlock(&collector.lock);
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
	gc_cpu_ns = 0;
	store_relaxed(&ncycles, 0);
	gcstats_init();
	gcpage_set_phase(STATSPAGE_GC_OFF);
}

uint64_t pacing_ncycles(void)
{
	return load_relaxed(&ncycles);
}
