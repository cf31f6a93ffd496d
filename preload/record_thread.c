/*
 * record_thread: core/thread.h for a library without an allocator.
 *
 * busy has the same meaning: the thread holds a lock or is about to.
 */
#include "core/thread.h"

#include "prof/sampler.h"
#include "preload/record.h"

_Thread_local struct thread thread_local_state;

void thread_leave(struct thread *t)
{
	barrier_compiler();
	t->busy = false;
}
