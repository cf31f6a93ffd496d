/*
 * region: the ends of a safe region while the world is being stopped.
 *
 * Context: mutator; its handlers.
 */
#include "shims/region.h"

#include "core/syscall.h"

void region_begin_slow(struct mutator *m)
{
	/*
	 * When the stop is over, its signals have been sent.  A system call
	 * returns through the kernel's delivery of them.
	 */
	while (world_wait(m))
		syscall0(SYS_gettid);
}

void region_resume(struct mutator *m, uintptr_t sp)
{
	m->sp = sp;
	store_release(&m->state, MUTATOR_SAFE); /* pairs: mutator_is_stopped */
	barrier_compiler();
	/* pairs: stw_start */
	if (load_acquire(&world.stopping) != 0 || load_relaxed(&m->asked) != 0)
		region_begin_slow(m);
}

void region_end_slow(struct mutator *m)
{
	do {
		/* pairs: mutator_is_stopped */
		store_release(&m->state, MUTATOR_SAFE);
		world_wait(m);
		store_relaxed(&m->state, MUTATOR_RUNNING);
		barrier_compiler();
	} while (world_stop_for(m) != 0);
}
