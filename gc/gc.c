/*
 * gc: what malloc and free have to do with the collector.
 *
 *   free(p)   deferred  sets the object's remote bit; the sweep after the
 *                       next mark that does not reach it frees it
 *             now       frees it, as if there were no collector
 *             ignore    nothing
 *   malloc    counts what it takes, a span at a time; at the trigger it asks
 *             for a cycle (gc/collector.c), which gc/cycle.c is
 *
 * A deferred free writes one bit outside the object and tells nobody, so a
 * handler may do it, and what the object holds stays as it is for those who
 * use it after that by mistake.  The remote bit says "freed" to every check
 * of misuse already.
 *
 * gcsound=1 means free=now: a program that frees what was found unreachable
 * proves a mark wrong, and must be let to.
 *
 * Locking:    none.
 */
#include "gc/gc.h"

#include "core/fatal.h"
#include "core/heap.h"
#include "core/mcache.h"
#include "core/options.h"
#include "core/thread.h"
#include "gc/assist.h"
#include "gc/collector.h"
#include "gc/cycle.h"
#include "gc/heapwalk.h"
#include "gc/lost.h"
#include "gc/mark.h"
#include "gc/pacing.h"
#include "gc/sound.h"
#include "gc/sweep.h"
#include "gc/sweepwork.h"
#include "shims/filter.h"
#include "shims/shims.h"

struct gc_mode gc_mode;

static void count_span(struct mspan *s, void *bytes)
{
	*(uint64_t *)bytes += mspan_count_allocated(s) * mspan_elemsize(s);
}

/* Its owner's frees take the slow path from now on. */
static void slow_span(struct mspan *s, void *unused)
{
	(void)unused;
	mspan_let_free(s, &mcache_none);
}

/* What this thread allocates from nobody else may sweep. */
static void sweep_own(void)
{
	struct thread *t = thread_self();

	thread_enter(t);
	if (thread_own_mcache(t) != NULL)
		sweep_current(thread_own_mcache(t));
	thread_leave(t);
}

/*
 * A filter that may kill for what the collector does is about to come.  Frees
 * are deferred until the last sweep is over: it must not meet one that is not.
 */
static bool gc_end(void)
{
	if (thread_self()->busy)
		return false; /* in the middle of malloc there is no waiting */
	if (!collector_is_over())
		say("GOGC: no collection from here on: a seccomp filter");
	collector_end();
	store_relaxed(&gc_mode.defers, false);
	store_relaxed(&gc_mode.ignores, false);
	sweep_own();
	return true;
}

void gc_init(void)
{
	struct thread *t = thread_self();
	uint64_t live = 0;

	if (options.gogc == GOGC_OFF || gc_mode.on)
		return;
	thread_enter(t);
	if (!heap_start()) {
		thread_leave(t);
		return;
	}
	if (options.gcsound && !sound_init()) {
		say("gcsound: no memory");
		options.gcsound = 0;
	}
	if (options.gcsound)
		options.free = FREE_NOW;
	gc_mode = (struct gc_mode){
		.on = true,
		.defers = options.free != FREE_NOW,
		.ignores = options.free == FREE_IGNORE,
		.is_sound = options.gcsound,
	};
	heap_leave_room();
	heapwalk(slow_span, NULL);
	heapwalk(count_span, &live);
	store_relaxed(&collector.heap_live, live);
	pacing_init();
	thread_leave(t);
	shims_start();
	filter_watch(gc_end);
}

void gc_exit(void)
{
	if (gc_mode.is_sound)
		sound_report(pacing_ncycles());
}

bool gc_free(struct objref o)
{
	return gc_mode.ignores || mspan_mark_remote(o);
}

void gc_note_use(struct objref o, const char *verb)
{
	sound_check(o, verb);
}

void gc_sweep_span_locked(struct mspan *s)
{
	sweep_span_locked(s);
}

void gc_sweep_class_locked(struct mcache *c, unsigned class)
{
	sweep_class_locked(c, class);
}

/* A cycle should be marking by now: the rest of the way is for that. */
static bool is_late(uint64_t live, uint64_t trigger)
{
	const uint64_t goal = load_relaxed(&collector.goal);

	return goal <= trigger || live >= trigger + (goal - trigger) / 4 * 3;
}

void gc_after_refill(size_t bytes)
{
	uint64_t live = fetch_add_relaxed(&collector.heap_live, bytes) + bytes;

	if (collector_is_over()) {
		sweepwork_pay(live, bytes);
		return;
	}
	if (unlikely(live >= load_relaxed(&collector.refresh)))
		pacing_refresh();
	sweepwork_pay(live, bytes);
	const uint64_t trigger = load_relaxed(&collector.trigger);
	if (live >= trigger) {
		collector_request();
		if (is_late(live, trigger))
			assist_wait_for_start(bytes);
	}
	assist_pay(bytes);
	if (assist_is_strict()) {
		assist_wait_for_start(bytes);
		sweepwork_pay(load_relaxed(&collector.heap_live), bytes);
	}
}

void gc_run(void)
{
	if (!gc_mode.on || thread_self()->busy || collector_is_over())
		return;
	collector_run();
	sweep_own();
}

bool gc_run_and_look(void (*look)(void))
{
	return gc_mode.on && !thread_self()->busy && !collector_is_over() &&
	       lost_run(look);
}

bool gc_is_lost(uintptr_t addr)
{
	return lost_is(addr);
}

void gc_note_credentials(void)
{
	if (gc_mode.on)
		collector_renew();
}

void gc_fork_prepare(void)
{
}

void gc_fork_parent(void)
{
}

void gc_fork_child(void)
{
	if (!gc_mode.on)
		return;
	collector_fork_child();
	pacing_fork_child();
	cycle_fork_child();
}
