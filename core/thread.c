/*
 * thread: how threads enter and leave slow paths, and how they come and go.
 *
 *   THREAD_NEW --first allocation--> ACTIVE --last TSD round--> ENDED
 *
 * A thread gets its mcache at its first allocation and gives it back in the
 * last round of TSD destructors, since those of the program may allocate in
 * every round.  What runs on it later shares an mcache (core/mcache_shared.c).
 *
 * busy is set for the length of a slow path.  A signal handler that frees
 * meanwhile leaves the span in `deferred`; thread_leave sees to these.
 *
 * Context:    any.
 * Assumes:    pthread_setspecific does not allocate for the first 32 keys; for
 *             others it may: the thread is busy, so early memory serves it.
 */
#include "core/thread.h"

#include <limits.h>
#include <pthread.h>

#include "core/fatal.h"
#include "core/heap.h"
#include "core/large.h"
#include "core/mcache.h"

enum {
	/* A sanitizer is gone after the very last. */
	LAST_EXIT_ROUND = PTHREAD_DESTRUCTOR_ITERATIONS - SANITIZED,
};

_Thread_local struct thread thread_local_state;

static void (*park_hook)(void); /* set before a request can be made */
static pthread_key_t exit_key;
static bool have_exit_key;

struct mcache *thread_own_mcache(const struct thread *t)
{
	return t->entered;
}

static struct mspan *pop_deferred(struct thread *t)
{
	struct mspan *s = load_acquire(&t->deferred);

	while (s != NULL && !try_cas_acqrel(&t->deferred, &s, s->deferred_next))
		;
	return s;
}

/* Does what the frees of signal handlers have left to do. */
COLD static void drain_deferred(struct thread *t)
{
	struct mspan *s;

	while ((s = pop_deferred(t)) != NULL) {
		/* From here on s may be another span, even a large one. */
		uintptr_t handoff = fetch_and_seqcst(&mspan_remote(s)->handoff,
			~(uintptr_t)HANDOFF_DEFERRED);
		if ((handoff & HANDOFF_LARGE) != 0)
			large_give_back(s);
		else
			mcache_tell_owner(thread_own_mcache(t), s);
	}
}

void thread_set_park_hook(void (*hook)(void))
{
	park_hook = hook;
}

static void thread_be_free(struct thread *t)
{
	t->mcache = t->entered;
	barrier_compiler();
	t->busy = false;
	barrier_compiler();
}

/* Does what handlers have asked for while the thread was busy. */
COLD static void thread_leave_slow(struct thread *t)
{
	if (t->park_wanted) {
		t->park_wanted = false;
		park_hook();
		return;
	}
	thread_enter(t);
	drain_deferred(t);
	thread_be_free(t);
}

void thread_leave(struct thread *t)
{
	thread_be_free(t);
	/* From here on handlers do it themselves. */
	while (unlikely(load_relaxed(&t->deferred) != NULL || t->park_wanted))
		thread_leave_slow(t);
}

static void thread_exit_hook(void *mcache)
{
	struct mcache *c = mcache;
	struct thread *t = thread_self();

	/* Other destructors may allocate yet: wait for the last round. */
	if (++c->exit_rounds < LAST_EXIT_ROUND) {
		pthread_setspecific(exit_key, c);
		return;
	}
	thread_enter(t);
	t->entered = t->own = NULL;
	t->phase = THREAD_ENDED;
	mcache_release(c);
	thread_leave(t);
}

void thread_watch_exits(void)
{
	have_exit_key = pthread_key_create(&exit_key, thread_exit_hook) == 0;
}

struct mcache *thread_mcache(struct thread *t)
{
	if (t->phase != THREAD_NEW)
		return thread_own_mcache(t);
	if (!heap_start())
		return NULL;
	struct mcache *c = mcache_acquire(true);
	if (c == NULL)
		return NULL;
	t->entered = t->own = c;
	t->phase = THREAD_ACTIVE;
	if (have_exit_key)
		pthread_setspecific(exit_key, c);
	return c;
}
