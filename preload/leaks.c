/*
 * leaks: the collector's answer and the profiler's call sites, together.
 *
 * GOGC must be on, or there is no collector to ask, and the profiler, or
 * there are no call sites.  How many there are is said where no file is
 * asked for.
 *
 * Context:    exit.
 */
#include "preload/leaks.h"

#include "core/fatal.h"
#include "core/options.h"
#include "core/thread.h"
#include "gc/gc.h"
#include "prof/dump.h"
#include "prof/leaks.h"
#include "prof/prof.h"
#include "prof/profile.h"

static void leaks_look(void)
{
	leaks_count(gc_is_lost);
}

/* The sum, in a line. */
static void leaks_say(void)
{
	struct profile p;
	uint64_t objects = 0, bytes = 0;

	if (!profile_take(&p, PROFILE_LOST))
		return;
	for (size_t i = 0; i < p.nrows; i++) {
		objects += p.rows[i].inuse_objects;
		bytes += p.rows[i].inuse_bytes;
	}
	profile_drop(&p);
	say("unreachable: %lu bytes in %lu objects; GOALLOC=profile=PREFIX "
	    "lists call sites",
		bytes, objects);
}

void leaks_report(void)
{
	struct thread *t = thread_self();

	if (options.unreachable != UNREACHABLE_REPORT || !gc_mode.on ||
		prof_rate() == 0 || t->busy)
		return;
	if (!gc_run_and_look(leaks_look)) {
		say("unreachable: not known, no collection could be done");
		return;
	}
	thread_enter(t);
	if (dump_is_wanted())
		dump_write_or_say(DUMP_LEAKS);
	else
		leaks_say();
	thread_leave(t);
}
