/*
 * control: what a program sets and asks of the collector while it runs.
 *
 * The two settings take effect at once: the trigger is computed anew, and the
 * next refill looks at it.  A collector that was not started with the program
 * is not started later, since every free before that was a free at once.
 *
 * Locking:    collector, in pacing.c.
 * Context:    mutator; a thread is busy while it holds the lock.
 */
#include "core/options.h"
#include "core/thread.h"
#include "gc/collector.h"
#include "gc/gc.h"
#include "gc/pacing.h"

int gc_set_percent(int percent)
{
	struct thread *t = thread_self();

	if (!gc_mode.on || t->busy || collector_is_over())
		return GOGC_OFF;
	thread_enter(t);
	const int64_t before =
		pacing_set_gc_percent(percent < 0 ? GOGC_OFF : percent);
	thread_leave(t);
	return (int)before;
}

int64_t gc_set_memory_limit(int64_t limit)
{
	struct thread *t = thread_self();

	if (!gc_mode.on || t->busy || collector_is_over())
		return GOMEMLIMIT_OFF;
	thread_enter(t);
	const int64_t before = pacing_set_memory_limit(limit);
	thread_leave(t);
	return before;
}

void gc_read_numbers(struct gc_numbers *out)
{
	struct thread *t = thread_self();

	*out = (struct gc_numbers){0};
	if (!gc_mode.on || t->busy)
		return;
	gcstats_read(&out->stats);
	out->npauses = gcstats_count_pauses(&out->stats);
	out->cpu_fraction = gcstats_cpu_fraction(&out->stats);
	thread_enter(t);
	out->goal = pacing_goal();
	thread_leave(t);
	out->is_on = true;
}

void gc_pause_quantiles(
	const struct gc_numbers *numbers, uint64_t *out, unsigned n)
{
	gcstats_quantiles(&numbers->stats, out, n);
}
