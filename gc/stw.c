/*
 * stw: stopping the world.
 *
 *   own the world             no fork, exec or other stop meanwhile
 *   stopping = n              whoever leaves a safe region waits from now on
 *   membarrier                ... and whoever had left before shows RUNNING
 *   RUNNING? signal, wait     each parks itself and answers
 *   threads of the kernel =   one we do not know was made by a bare clone(2):
 *   threads that we know?     find it, signal it
 *
 * Where nearly all threads wait in the kernel this takes a read of a cache
 * line for each; only those that run are disturbed.
 *
 * A thread that is busy in malloc, or creating a thread, answers when that is
 * over, so what it holds is free when the world has stopped.  A new thread is
 * SAFE before it begins.
 *
 * A stop that is not complete within STOP_MS is given up: the threads go on
 * and the caller does without.
 *
 * Locking:    world_own.
 * Context:    a thread of the collector: no libc.
 * Assumes:    membarrier(2) PRIVATE_EXPEDITED (4.14); without it, and without
 *             /proc, there is no stop.  /proc/self/task has two links more
 *             than there are threads.
 */
#include "gc/stw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/stat.h>
#include <time.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/os.h"
#include "core/syscall.h"
#include "shims/stopsignal.h"
#include "shims/tasks.h"
#include "shims/threads.h"
#include "shims/world.h"

enum {
	OWN_MS = 1000, /* a fork may take as long */
	STOP_MS = 250, /* a thread that takes longer will not stop */
	ANSWER_WAIT_MS =
		1, /* between two looks at threads that do not answer */
	SEND_AGAIN_MS = 10, /* a signal that had no effect is sent again */
	STACK_SLACK = 64,   /* libc aligns a stack that it was given */
	NS_PER_MS = 1000000,
};

/* The stop in progress; its thread only. */
struct stop {
	uint32_t number;      /* world.stopping; never 0 */
	uint32_t caller;      /* thread that stops: not to be stopped */
	uint64_t began_ns;    /* when */
	uint64_t stopped_ns;  /* when all had stopped */
	uint64_t send_again;  /* when those that miss are signalled again */
	bool sends_again;     /* ... which is now */
	struct stw_stats all; /* of all stops */
};

static struct stop stop;

static uint64_t now_ns(void)
{
	struct timespec now = {0, 0};

	syscall2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Every thread's accesses before this are done. */
static bool barrier_all_threads(void)
{
	static bool registered;
	const long command = MEMBARRIER_CMD_PRIVATE_EXPEDITED;

	if (!registered &&
		syscall3(SYS_membarrier,
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0)
		return false;
	registered = true;
	return syscall3(SYS_membarrier, command, 0, 0) == 0;
}

/* The thread of the record has gone, though nobody told. */
static void forget(struct mutator *m, uint32_t tid)
{
	if (mutator_try_end(m, tid))
		mutator_free(m);
}

static void ask(struct mutator *m)
{
	const uint32_t tid = load_acquire(&m->tid);

	if (load_relaxed(&m->asked) == stop.number && !stop.sends_again)
		return;
	if (load_relaxed(&m->asked) != stop.number) {
		fetch_add_relaxed(&world.missing, 1);
		tasks_note_call(m);
	}
	stop.all.nsignals++;
	if (!stopsignal_send(m, stop.number))
		forget(m, tid);
}

/* Signals whoever runs; how many do. */
static size_t ask_all_running(void)
{
	const size_t end = mutators_end();
	size_t nrunning = 0;

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m == NULL || mutator_is_stopped(m) ||
			load_relaxed(&m->tid) == stop.caller)
			continue;
		ask(m);
		stop.all.last_missing = (pid_t)load_relaxed(&m->tid);
		nrunning++;
	}
	return nrunning;
}

static void wait_for_answers(void)
{
	const uint32_t missing = load_acquire(&world.missing);

	if ((int32_t)missing > 0)
		os_futex_wait_ms(&world.missing, missing, ANSWER_WAIT_MS);
	const uint64_t now = now_ns();
	stop.sends_again = now >= stop.send_again;
	if (!stop.sends_again)
		return;
	stop.send_again = now + (uint64_t)SEND_AGAIN_MS * NS_PER_MS;
	stopsignal_install();
	tasks_end_zombies();
}

/* Whether all threads have stopped, those that nobody told us of too. */
static bool all_stopped(void)
{
	if (ask_all_running() != 0)
		return false;
	return tasks_all_known(stop.caller) ||
	       (tasks_find_unknown(stop.caller) == 0 && ask_all_running() == 0);
}

/* A thread of the program that stops the world does not wait for itself. */
static void be_stopper(bool is_stopper)
{
	if (mutator_current != NULL)
		mutator_current->is_stopper = is_stopper;
}

static void give_up(void)
{
	stop.all.nfailed++;
	store_release(&world.stopping, 0); /* pairs: world_wait */
	os_futex_wake_all(&world.stopping);
	be_stopper(false);
	world_disown();
}

bool stw_stop(void)
{
	stop.caller = (uint32_t)syscall0(SYS_gettid);
	if (!world_own(OWN_MS))
		return false;
	be_stopper(true);
	mutators_reap();
	stop.number = stop.number + 1 != 0 ? stop.number + 1 : 1;
	stop.began_ns = now_ns();
	stop.send_again = stop.began_ns + (uint64_t)SEND_AGAIN_MS * NS_PER_MS;
	stop.sends_again = false;
	const uint64_t deadline = stop.began_ns + (uint64_t)STOP_MS * NS_PER_MS;
	store_seqcst(&world.missing, 0);
	store_seqcst(&world.stopping, stop.number); /* pairs: region_end */
	bool stopped = barrier_all_threads();
	while (stopped && !all_stopped()) {
		wait_for_answers();
		stopped = now_ns() < deadline;
	}
	if (!stopped) {
		give_up();
		return false;
	}
	stop.stopped_ns = now_ns();
	return true;
}

void stw_start(void)
{
	const uint64_t now = now_ns();

	stop.all.nstops++;
	stop.all.last_missing = 0;
	stop.all.stop_ns = stop.stopped_ns - stop.began_ns;
	stop.all.pause_ns = now - stop.began_ns;
	stop.all.total_ns += stop.all.pause_ns;
	store_release(&world.stopping, 0); /* pairs: world_wait, region_end */
	os_futex_wake_all(&world.stopping);
	be_stopper(false);
	world_disown();
}

static void visit_one(const struct mutator *m,
	void (*visit)(void *arg, const struct stopped_thread *t), void *arg)
{
	struct stopped_thread t = {
		.tid = (pid_t)load_relaxed(&m->tid),
		.sp = m->sp,
		.stack_end = m->stack_high,
		.core = m->core,
	};

	/* Those of an earlier stop are no longer there. */
	if (load_relaxed(&m->state) == MUTATOR_PARKED || m->is_in_vfork) {
		t.registers = m->registers.first;
		t.nregisters = m->registers.size;
	}

	/* A coroutine's stack, or one for signals, is a mapping like others. */
	if (t.sp > t.stack_end || t.stack_end - t.sp > m->stack_size)
		t.stack_end = 0;
	t.stack_lo = align_up(
		t.stack_end - m->stack_size + STACK_SLACK, os_page_size);
	visit(arg, &t);
}

void stw_visit_threads(
	void (*visit)(void *arg, const struct stopped_thread *t), void *arg)
{
	const size_t end = mutators_end();

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m != NULL && load_relaxed(&m->tid) != stop.caller &&
			load_relaxed(&m->state) != MUTATOR_ENDED)
			visit_one(m, visit, arg);
	}
}

struct stw_stats stw_read_stats(void)
{
	return stop.all;
}
