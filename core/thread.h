/*
 * thread: what the allocator keeps in thread-local storage.
 *
 * A fast path takes the thread's mcache for as long as it runs, by setting
 * `mcache` to NULL, and puts it back: two plain stores.  A signal handler that
 * interrupts it finds none and goes the slow way, where it does without: it
 * allocates from the mcache that such threads share and frees as a stranger
 * does (core/mcache_shared.c, core/mcache_free.c).  A handler that never
 * returns, but jumps away, leaves its thread so for good: slower, and right.
 * A compiler's barrier is enough: handlers see their thread's own stores in
 * order, and only they look.
 *
 * busy is set while the thread is in a slow path, where lists are half
 * changed and locks are held.  A signal handler that interrupts it there may
 * call malloc and free too: it finds busy set, takes its memory from early
 * (core/early.h) and leaves what it frees to the interrupted call
 * (mcache_defer_free).
 *
 * Invariant: a thread that holds a lock is busy.
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include <stdbool.h>
#include <stddef.h>
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
	struct mcache *mcache;  /* what the next fast path takes; or NULL */
	struct mcache *own;     /* the thread's, taken or not; or NULL */
	struct mcache *entered; /* what mcache was when the slow path began */
	struct mspan *deferred; /* spans whose remote frees are to be told */
	uint32_t held;          /* ranks of the locks held; CHECK_LEVEL 1 */
	uint8_t busy;           /* in a slow path */
	uint8_t phase;          /* enum thread_phase */
	uint8_t park_wanted;    /* the world stops: wait when no longer busy */
	uint8_t fork_is_nested; /* it forks in the middle of a slow path */
};

extern _Thread_local struct thread thread_local_state HIDDEN;

/* This thread's state. */
static inline struct thread *thread_self(void)
{
	return &thread_local_state;
}

/* The fast path begins: a handler on this thread finds no mcache. */
static ALWAYS_INLINE void thread_take_mcache(struct thread *t)
{
	store_relaxed(&t->mcache, NULL);
	barrier_compiler();
}

/* It ends. */
static ALWAYS_INLINE void thread_put_mcache(struct thread *t, struct mcache *c)
{
	barrier_compiler();
	store_relaxed(&t->mcache, c);
}

/* The slow path begins: a handler on this thread knows not to wait. */
static inline void thread_enter(struct thread *t)
{
	t->busy = true;
	barrier_compiler();
	t->entered = t->mcache;
	t->mcache = NULL;
}

/* It ends: what handlers have deferred meanwhile is done first. */
void thread_leave(struct thread *t);

/*
 * Whether the thread is busy, and then it calls the park hook as soon as it
 * is not.  Context: the handler of the stop signal, on the thread.
 */
static inline bool thread_try_request_park(struct thread *t)
{
	if (!t->busy)
		return false;
	t->park_wanted = true;
	return true;
}

/* What waits for the end of a stop (shims/).  Before the first request. */
void thread_set_park_hook(void (*hook)(void));

/*
 * The busy thread's mcache, which it gets if it is new; NULL: it shares one,
 * for it has none or is a handler that interrupted a fast path.
 */
struct mcache *thread_mcache(struct thread *t);

/* The same, but a new thread gets none. */
struct mcache *thread_own_mcache(const struct thread *t);

/* Asks for a call at every thread's end.  Once, before the first mcache. */
void thread_watch_exits(void);

#endif
