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
	IDLE_MS = 120 * 1000,      /* Go's: a cycle at least so often */
	FIRST_FD = 3,              /* 0 to 2 stay: the trace is written to 2 */
	MANY_THREADS = 2,          /* the program's, for the thread to stay */
	START_AGAIN_NS = 10000000, /* between two tries, when one fails */
	RENEW_LOOK_MS = 10,        /* between two looks at another's renewal */
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

/* Whether there is nothing to do and nobody to wait for, or it is another's. */
static bool try_end(void)
{
	lock(&collector.lock);
	const bool is_left = load_relaxed(&collector.is_renewed) != 0;
	const bool is_idle = load_seqcst(&collector.requested) ==
				     load_relaxed(&collector.finished) &&
			     (load_relaxed(&mcaches.ninuse) < MANY_THREADS ||
				     load_relaxed(&collector.is_over));
	if (is_idle && !is_left)
		collector.is_running = false;
	unlock(&collector.lock);
	return is_idle || (is_left && !load_relaxed(&collector.is_over));
}

/* Waits for a request: its number; the last one's: the thread is to end. */
static uint32_t next_request(void)
{
	uint32_t finished = load_relaxed(&collector.finished);
	uint32_t requested;

	while ((requested = load_acquire(&collector.requested)) == finished &&
		load_relaxed(&collector.is_renewed) == 0) {
		os_futex_wait_ms(&collector.requested, finished, IDLE_MS);
		if (load_acquire(&collector.requested) == finished &&
			load_relaxed(&collector.is_renewed) == 0)
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
		if (request == load_relaxed(&collector.finished))
			continue;
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

/* No thread was to be had when it was asked for: perhaps one is now. */
static void start_again(void)
{
	static uint64_t tried_ns; /* when; atomic */

	if (load_relaxed(&collector.is_running))
		return;
	const uint64_t now_ns = os_now_ns();
	if (now_ns - load_relaxed(&tried_ns) < START_AGAIN_NS)
		return;
	store_relaxed(&tried_ns, now_ns);
	start();
}

void collector_request(void)
{
	uint32_t finished = load_acquire(&collector.finished);
	uint32_t requested = finished;

	if (collector_is_over())
		return;
	if (load_relaxed(&collector.requested) != finished) {
		start_again();
		return;
	}
	if (!try_cas_acqrel(&collector.requested, &requested, finished + 1))
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

/* Whether the caller is the one that sees to it. */
static bool renew_begin(void)
{
	struct thread *t = thread_self();

	thread_enter(t);
	lock(&collector.lock);
	const bool is_first = collector.is_running && !collector.is_renewed;
	if (is_first)
		store_relaxed(&collector.is_renewed, 1);
	else if (!collector.is_running)
		os_thread_wait(&collector.thread); /* it is at its very end */
	unlock(&collector.lock);
	thread_leave(t);
	return is_first;
}

/* The old one has ended.  A fork in between has left nothing to renew. */
static void renew_end(void)
{
	struct thread *t = thread_self();

	thread_enter(t);
	lock(&collector.lock);
	if (collector.is_renewed != 0) {
		collector.is_running = false;
		start_locked();
		store_release(&collector.is_renewed, 0);
	}
	unlock(&collector.lock);
	os_futex_wake_all(&collector.is_renewed);
	os_futex_wake_all(&collector.finished); /* is_running may be false */
	thread_leave(t);
}

void collector_renew(void)
{
	if (!world_is_ours())
		return;
	const bool is_first = renew_begin();

	__builtin_unwind_init();
	struct mutator *m = region_begin(machine_sp());
	if (is_first) {
		os_futex_wake(&collector.requested);
		os_thread_wait(&collector.thread);
	}
	while (!is_first && load_acquire(&collector.is_renewed) != 0)
		os_futex_wait_ms(&collector.is_renewed, 1, RENEW_LOOK_MS);
	region_end(m);
	if (is_first)
		renew_end();
}

void collector_fork_child(void)
{
	lock_reset(&collector.lock);
	collector.is_renewed = 0;
	os_thread_forget(&collector.thread);
	collector.is_running = false;
	store_relaxed(&collector.phase, GC_IDLE);
	store_relaxed(&collector.finished, load_relaxed(&collector.requested));
}
