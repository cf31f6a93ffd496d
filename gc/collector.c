/*
 * collector: when there is a thread that collects.
 *
 *   request --> thread starts, if there is none --> cycle, sweep --> waits
 *                                                     for the next, or ends
 *
 * It is a kernel thread unknown to libc (core/os_thread_linux.c), with all
 * signals blocked and files of its own: what it opens the program neither
 * sees nor closes.  A program that has one thread has one again when the
 * cycle is over, since unshare(2) and setns(2) refuse a process with two;
 * in others it stays and waits.  Go collects every two minutes also where
 * nothing is allocated, and so does this.
 *
 * Where no thread can be had, whoever asks collects nothing: see gc/cycle.c
 * for what becomes of deferred frees then.
 *
 * Locking:    collector: starting and ending; nothing else inside.
 * Context:    requests: busy threads.
 */
#include "gc/collector.h"

#include <linux/close_range.h>

#include "core/mcache.h"
#include "core/syscall.h"
#include "core/thread.h"
#include "gc/background.h"
#include "gc/cycle.h"
#include "shims/region.h"

enum {
	IDLE_MS = 120 * 1000, /* Go's: a cycle at least so often */
	FIRST_FD = 3,         /* 0 to 2 stay: the trace is written to 2 */
	MANY_THREADS = 2,     /* the program's, for the thread to stay */
};

struct collector collector = {
	.lock = LOCK_INIT(collector),
	.trigger = UINT64_MAX,
	.goal = UINT64_MAX,
	.refresh = UINT64_MAX,
};

/* What we open is not the program's to see, nor to close. */
static void unshare_files(void)
{
	syscall3(SYS_close_range, FIRST_FD, UINT32_MAX, CLOSE_RANGE_UNSHARE);
}

/* Whether there is nothing to do and nobody to wait for. */
static bool try_end(void)
{
	lock(&collector.lock);
	bool ends = load_seqcst(&collector.requested) ==
			    load_relaxed(&collector.finished) &&
		    (load_relaxed(&mcaches.ninuse) < MANY_THREADS ||
			    collector_is_over());
	if (ends)
		collector.is_running = false;
	unlock(&collector.lock);
	return ends;
}

/* Waits for a request: its number. */
static uint32_t next_request(void)
{
	uint32_t finished = load_relaxed(&collector.finished);
	uint32_t requested;

	while ((requested = load_acquire(&collector.requested)) == finished) {
		os_futex_wait_ms(&collector.requested, finished, IDLE_MS);
		if (load_acquire(&collector.requested) == finished)
			collector_request(); /* it is time */
	}
	return requested;
}

static void collector_main(void *unused)
{
	(void)unused;
	thread_self()->busy = true;
	unshare_files();
	cycle_open();
	background_open();
	while (!try_end()) {
		uint32_t request = next_request();
		cycle_run();
		store_release(&collector.finished, request);
		os_futex_wake_all(&collector.finished);
	}
	background_close();
	cycle_close();
}

static void start_locked(void)
{
	if (collector.is_running || collector.is_over)
		return;
	os_thread_wait(&collector.thread); /* it is at its very end */
	store_relaxed(&collector.is_running,
		os_thread_start(&collector.thread, collector_main,
			&thread_local_state));
}

/* A look without the lock might find one that does not see the request. */
static void start(void)
{
	lock(&collector.lock);
	start_locked();
	unlock(&collector.lock);
}

void collector_request(void)
{
	uint32_t finished = load_acquire(&collector.finished);
	uint32_t requested = finished;

	if (collector_is_over() ||
		load_relaxed(&collector.requested) != finished ||
		!try_cas_acqrel(&collector.requested, &requested, finished + 1))
		return;
	os_futex_wake(&collector.requested);
	start();
}

static void wait_for(uint32_t request)
{
	while (load_relaxed(&collector.is_running)) {
		uint32_t finished = load_acquire(&collector.finished);
		if ((int32_t)(finished - request) >= 0)
			return;
		os_futex_wait(&collector.finished, finished);
	}
}

void collector_run(void)
{
	struct thread *t = thread_self();

	thread_enter(t);
	fetch_add_relaxed(&collector.nforced, 1);
	uint32_t request = fetch_add_seqcst(&collector.requested, 1) + 1;
	os_futex_wake(&collector.requested);
	start();
	thread_leave(t);
	/* A stop finds what we hold in registers on our stack. */
	__builtin_unwind_init();
	struct mutator *m = region_begin(machine_sp());
	wait_for(request);
	region_end(m);
}

/* Its request is there when it is over: the thread ends after that cycle. */
void collector_end(void)
{
	struct thread *t = thread_self();

	thread_enter(t);
	lock(&collector.lock);
	start_locked();
	if (!collector.is_over)
		fetch_add_seqcst(&collector.requested, 1);
	store_release(&collector.is_over, true); /* pairs: collector_is_over */
	unlock(&collector.lock);
	os_futex_wake(&collector.requested);
	thread_leave(t);
	__builtin_unwind_init();
	struct mutator *m = region_begin(machine_sp());
	os_thread_wait(&collector.thread);
	region_end(m);
}

void collector_fork_child(void)
{
	lock_reset(&collector.lock);
	os_thread_forget(&collector.thread);
	collector.is_running = false;
	store_relaxed(&collector.phase, GC_IDLE);
	store_relaxed(&collector.finished, load_relaxed(&collector.requested));
}
