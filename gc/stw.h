/*
 * stw: stopping the world, and starting it again.
 *
 * Between stw_stop and stw_start no thread of the program runs code of the
 * program: each is in a safe region (shims/region.h) or waits in the handler
 * of the stop signal.  The program does not notice, but for the time.
 */
#ifndef GC_STW_H
#define GC_STW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A thread of the program, stopped. */
struct stopped_thread {
	pid_t tid;             /* 0: it has not begun */
	uintptr_t sp;          /* what it has is at or above; 0: no stack */
	uintptr_t stack_end;   /* end of stack and TLS; 0: not known */
	uintptr_t stack_lo;    /* no byte of the stack is below */
	struct thread *core;   /* the allocator's state; NULL: not known */
	const void *registers; /* NULL: they are on the stack */
	size_t nregisters;     /* bytes of registers, vectors included */
	uintptr_t tls_lo;      /* thread-local storage that is not between */
	uintptr_t tls_hi;      /* ... sp and stack_end; 0, 0: none */
};

/* How the stops went. */
struct stw_stats {
	uint64_t nstops;    /* stops that succeeded */
	uint64_t nfailed;   /* stops given up */
	uint64_t stop_ns;   /* the last one: until the last thread stopped */
	uint64_t pause_ns;  /* the last one: until they were started */
	uint64_t total_ns;  /* all pauses */
	uint64_t nsignals;  /* threads signalled */
	pid_t last_missing; /* a thread that did not stop in time */
};

/*
 * Stops all threads but those of the collector and the caller.  false: one of
 * them did not stop in time; all run.  Context: one thread of the collector.
 */
bool stw_stop(void);

/* Starts them.  Does not wait until they run. */
void stw_start(void);

/* Every stopped thread.  Between stw_stop and stw_start. */
void stw_visit_threads(
	void (*visit)(void *arg, const struct stopped_thread *t), void *arg);

/* What happened so far.  Context: the thread that stops. */
struct stw_stats stw_read_stats(void);

#endif
