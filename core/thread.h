/*
 * thread: what the allocator keeps in thread-local storage.
 *
 * busy is set while the thread is in a slow path, where lists are half
 * changed and locks are held.  A signal handler that interrupts it there may
 * call malloc and free too: it finds busy set, takes its memory from early
 * (core/early.h) and leaves what it frees to the interrupted call
 * (mcache_defer_free).  The fast paths need no such flag: each changes memory
 * by single instructions (core/local.h).
 *
 * Invariant: a thread that holds a lock is busy.
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"

struct mcache;
struct mspan;

/* How far a thread has come. */
enum thread_phase {
	THREAD_NEW,    /* has not allocated yet */
	THREAD_ACTIVE, /* has an mcache */
	THREAD_ENDED,  /* gave its mcache back: uses the shared one */
};

/* Owner only, its signal handlers included. */
struct thread {
	struct mcache *mcache;  /* never NULL: mcache_none, which is empty */
	struct mspan *deferred; /* spans whose remote frees are to be told */
	uint32_t held;          /* ranks of the locks held; CHECK_LEVEL 1 */
	uint8_t busy;           /* in a slow path */
	uint8_t phase;          /* enum thread_phase */
};

extern _Thread_local struct thread thread_local_state HIDDEN;

/* This thread's state. */
static inline struct thread *thread_self(void)
{
	return &thread_local_state;
}

/* The slow path begins: a handler on this thread knows not to wait. */
static inline void thread_enter(struct thread *t)
{
	t->busy = true;
	barrier_compiler();
}

/* It ends: what handlers have deferred meanwhile is done first. */
void thread_leave(struct thread *t);

/* The busy thread's mcache, which it gets if it is new; NULL: it shares. */
struct mcache *thread_mcache(struct thread *t);

/* Its mcache if it has one by now, else NULL. */
struct mcache *thread_own_mcache(const struct thread *t);

/* Asks for a call at every thread's end.  Once, before the first mcache. */
void thread_watch_exits(void);

#endif
