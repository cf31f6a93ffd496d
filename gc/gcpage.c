/*
 * gcpage: the collector's part of the stats page, put together.
 *
 * Published at each change of phase and each new trigger: a few times in a
 * cycle.  The counts come from gcstats, which a cycle has brought up to date
 * before its last phase is published.
 *
 * Locking:    collector.
 * Context:    the collector's thread; whoever sets GOGC or GOMEMLIMIT.
 */
#include "gc/gcpage.h"

#include "core/options.h"
#include "gc/collector.h"
#include "gc/dirty.h"
#include "gc/gcstats.h"
#include "gc/pacer.h"

enum { PPM = 1000000 /* parts of a whole, in cpu_ppm */ };

static struct statspage_gc page; /* guarded by collector */

static void publish_locked(void)
{
	struct gcstats s;

	lock_assert_held(&collector.lock);
	gcstats_read(&s);
	page.enabled = 1;
	page.ncycles = s.num_gc;
	page.nforced = s.num_forced;
	page.last_unix_ns = s.last_gc;
	page.pause_total_ns = s.pause_total_ns;
	page.pause_last_ns =
		gcstats_count_pauses(&s) > 0 ? gcstats_pause_ns(&s, 0) : 0;
	page.cpu_ppm = (uint64_t)(gcstats_cpu_fraction(&s) * PPM);
	page.barrier = (uint64_t)dirty_which();
	statspage_set_gc(&page);
}

void gcpage_set_phase(enum statspage_phase phase)
{
	lock(&collector.lock);
	page.phase = phase;
	publish_locked();
	unlock(&collector.lock);
}

void gcpage_set_pacer_locked(const struct pacer *p, uint64_t goal)
{
	page.heap_goal = goal;
	page.heap_marked = p->heap_marked;
	page.percent = p->gc_percent;
	page.memory_limit = (uint64_t)p->memory_limit;
	publish_locked();
}
