/*
 * world: waiting for a stop to end, and owning the right to stop.
 *
 * Locking:    owner is a futex lock without a rank: it is waited for outside
 *             of all locks, by threads that count as stopped meanwhile.
 * Context:    any, handlers included; no libc.
 */
#include "shims/world.h"

#include "core/os.h"
#include "core/syscall.h"
#include "shims/threads.h"

enum { OWN_WAIT_MS = 10 /* a waiter looks again after so long */ };

struct world world ALIGNED(64);

STOP_HANDLER bool world_is_ours(void)
{
	/* A child made by a bare clone(2) has a copy, but no collector. */
	return load_relaxed(&world.pid) == (uint32_t)syscall0(SYS_getpid);
}

void world_watch(void)
{
	store_relaxed(&world.pid, (uint32_t)syscall0(SYS_getpid));
	store_release(&world.watched, true); /* pairs: world_is_watched */
}

STOP_HANDLER uint32_t world_stop_for(const struct mutator *m)
{
	/* pairs: stw_start */
	const uint32_t stop = load_acquire(&world.stopping);

	return stop != 0 && !m->is_stopper && world_is_ours() ? stop : 0;
}

STOP_HANDLER bool world_wait(struct mutator *m)
{
	bool was_asked = false;
	uint32_t stop;

	while ((stop = world_stop_for(m)) != 0) {
		was_asked |= mutator_answer(m);
		os_futex_wait(&world.stopping, stop);
	}
	return mutator_answer(m) || was_asked;
}

bool world_own(uint32_t ms)
{
	uint32_t owner = 0;

	if (try_cas_acquire(&world.owner, &owner, 1)) /* pairs: world_disown */
		return true;
	for (uint32_t waited = 0; waited < ms; waited += OWN_WAIT_MS) {
		if (exchange_acquire(&world.owner, 2) == 0)
			return true;
		os_futex_wait_ms(&world.owner, 2, OWN_WAIT_MS);
	}
	return exchange_acquire(&world.owner, 2) == 0;
}

void world_disown(void)
{
	if (exchange_release(&world.owner, 0) == 2)
		os_futex_wake(&world.owner);
}

void world_fork_child(void)
{
	store_relaxed(&world.stopping, 0);
	store_relaxed(&world.missing, 0);
	store_relaxed(&world.owner, 0);
	store_relaxed(&world.pid, (uint32_t)syscall0(SYS_getpid));
}
