/*
 * threads: the registry of the program's threads, a record for each.
 *
 *               region_begin           world_wait
 *   not begun --> SAFE <------ RUNNING -----------> PARKED (stop signal)
 *     (SAFE)        |  ------>    ^  <------------    |
 *                      region_end |_________________ _|
 *
 * A record is made by the thread that creates the thread, by the thread's own
 * first call of a shim, or by the collector for a thread it finds in
 * /proc/self/task; the last two are `foreign` until the thread has run.
 * Records are never unmapped, and free ones are used again.
 *
 * mutator is the collector's word for a thread of the program; core's struct
 * thread is what the allocator keeps for it.
 */
#ifndef SHIMS_THREADS_H
#define SHIMS_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"
#include "shims/machine.h"

struct thread;

/* What a thread may be doing. */
enum mutator_state {
	MUTATOR_UNUSED,  /* the record is free */
	MUTATOR_RUNNING, /* anything: to stop it, it must be signalled */
	MUTATOR_SAFE,   /* waits outside the program's code, or has not begun */
	MUTATOR_PARKED, /* waits in the handler of the stop signal */
	MUTATOR_ENDED,  /* will never run again */
};

struct mutator {
	/* Shared (atomic) */
	uint32_t state;  /* enum mutator_state */
	uint32_t asked;  /* the stop that it is to answer, or 0 */
	uint32_t tid;    /* 0: it has not begun */
	bool distrusted; /* SAFE means nothing: see mutator_is_stopped */
	bool created;    /* pthread_create has returned */
	bool is_shared;  /* two threads with one thread pointer */
	bool is_foreign; /* found by the collector: it never called us */

	/* Owner only: the thread; the collector while it is stopped. */
	uintptr_t sp;                       /* what it has is at or above */
	struct machine_registers registers; /* while PARKED, or in vfork */
	bool is_deferring;                  /* must not be parked just now */
	bool is_wanted;                     /* a stop asked for it meanwhile */
	bool is_in_vfork;                   /* the child runs on its stack */
	bool owns_world;                    /* it forks */
	bool is_stopper;                    /* it is who stops the world */
	bool was_seen_dead;                 /* by an earlier mutators_reap */
	struct machine_place call_place;    /* it waited there when asked ... */
	uint32_t call_number;               /* ... in this system call */
	struct machine_place restarted_at;  /* shims/restart.c */
	struct machine_place signalled_at;  /* likewise, and when */
	uint64_t signalled_ns;

	/* Fixed once it has begun. */
	uintptr_t tp;         /* thread pointer; 0: none, or not its own */
	uintptr_t stack_high; /* end of stack and TLS; 0: unknown */
	size_t stack_size;    /* bytes below that which are the stack */
	struct thread *core;  /* the allocator's state; NULL: unknown */

	/* Of pthread_create. */
	void *(*start)(void *); /* what the thread runs */
	void *argument;         /* ... with what; a root until it runs */
	void *result;           /* what it returned; a root until joined */

	uintptr_t altstack; /* for signals: the kernel alone may know it */
	uintptr_t vfork_registers[MACHINE_NSAVED]; /* while is_in_vfork */
} ALIGNED(64);

/* This thread's record; NULL: it has none yet. */
extern _Thread_local struct mutator *mutator_current HIDDEN;

/* This thread's record, made if need be.  NULL: no memory, or none yet. */
struct mutator *mutator_self(void);

/* A new record: SAFE, without a thread.  NULL: no memory. */
struct mutator *mutator_new(void);

/*
 * One for a thread that is a number so far: RUNNING; or its own, if it has
 * one by now.  NULL: no memory.
 */
struct mutator *mutator_new_foreign(uint32_t tid);

/* The record is free.  Its thread has ended, or never was. */
void mutator_free(struct mutator *m);

/*
 * The thread that had this number and this record has ended: nobody else
 * frees it.  false: somebody was first, and it may be another's by now.
 */
bool mutator_try_end(struct mutator *m, uint32_t tid);

/* The record whose thread has this thread pointer, or NULL. */
struct mutator *mutator_of_pointer(uintptr_t tp);

/* The calling thread, found by the collector, is one of libc's. */
void mutator_recognise(struct mutator *m, uintptr_t tp);

/* The calling thread is this record's, from now on. */
void mutator_begin(struct mutator *m, uint32_t tid);

/* Record i, or NULL if it is free; and one more than the highest i. */
struct mutator *mutators_at(size_t i);
size_t mutators_end(void);

/* Frees the records of threads that have ended. */
void mutators_reap(void);

/* In the child of fork: this thread is the only one. */
void mutators_fork_child(void);

/*
 * Whether the thread will do nothing before the stop is over.  A thread that
 * was cancelled may run its cleanup handlers out of a safe region, and one
 * that shares another's thread pointer shares its record.
 */
static inline bool mutator_is_stopped(const struct mutator *m)
{
	/* pairs: region_begin, park */
	const uint32_t state = load_acquire(&m->state);

	return state >= MUTATOR_PARKED ||
	       (state == MUTATOR_SAFE && !load_relaxed(&m->distrusted));
}

/*
 * The thread has seen that it is to stop: whoever waits for that may know.
 * Whether it had been asked, by a signal that is under way or was handled.
 */
bool mutator_answer(struct mutator *m);

#endif
