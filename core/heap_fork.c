/*
 * heap_fork: every lock before fork, none after it.
 *
 * The locks are taken in the order of FOR_EACH_LOCK, so that no other thread
 * is in the middle of a change when the child's copy is made.  In the child
 * only the forking thread goes on: the mcaches of the others are marked dead,
 * and the first free into one of their spans puts all of them up for adoption
 * (core/mcache.c).  Their fast paths may have been anywhere, and the kernel
 * does not copy all pages at one moment: what their magazines say may be half
 * changed.  It is not believed; objects' states alone are (mcentral_put).
 *
 * A fork in a signal handler that interrupted a slow path leaves the locks as
 * they are: the thread goes on with its slow path in the child too.  One that
 * interrupted a fast path is like any other: that thread's own mcache survives,
 * taken as it is, and the child goes on with the fast path.
 *
 * Context:    any thread, handlers included; child.
 */
#include "core/heap.h"
#include "core/mcache.h"
#include "core/mcache_shared.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/scavenger.h"
#include "core/thread.h"
#include "gc/gc.h"
#include "prof/prof.h"

void heap_fork_prepare(void)
{
	struct thread *t = thread_self();

	t->fork_is_nested = t->busy;
	if (t->fork_is_nested)
		return;
	thread_enter(t);
	mcache_lock_all();
	mcentral_lock_all();
	lock(&mheap.lock);
	prof_fork_prepare();
}

void heap_fork_parent(void)
{
	if (thread_self()->fork_is_nested)
		return;
	prof_fork_parent();
	unlock(&mheap.lock);
	mcentral_unlock_all();
	mcache_unlock_all();
	thread_leave(thread_self());
}

void heap_fork_child(void)
{
	struct thread *t = thread_self();
	const uint32_t held = t->held;

	t->held = 0; /* whatever it is, the collector begins outside of it */
	scavenger_fork_child();
	gc_fork_child();
	if (t->fork_is_nested) {
		t->held = held;
		return;
	}
	mcache_reset_all(t->own);
	mcentral_reset_locks();
	lock_reset(&mheap.lock);
	prof_fork_child();
	mheap_fork_child_locked();
	mcache_shared_reset();
	thread_leave(t);
}
