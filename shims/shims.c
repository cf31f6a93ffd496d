/*
 * shims: starting them.
 *
 * Before shims_start a shim is a branch and a jump.  Threads that exist by
 * then are found by the first stop, or at their first call of a shim.
 *
 * Context: one thread, the library's constructor or set_gc_percent.
 */
#include "shims/shims.h"

#include "core/thread.h"
#include "shims/process.h"
#include "shims/real.h"
#include "shims/signals.h"
#include "shims/stopsignal.h"
#include "shims/threads.h"
#include "shims/world.h"

void shims_start(void)
{
	if (world_is_watched())
		return;
	real_find_all();
	thread_set_park_hook(stopsignal_park_here);
	stopsignal_install();
	world_watch();
	mutator_self();
	signals_start();
	process_start();
}
