/*
 * snapshot: fork without what fork does to a program.
 *
 * A bare clone(2) that shares the files: no pthread_atfork handlers, no pipe
 * or lock held open by a second process.  The child has no exit signal, so
 * the program gets no SIGCHLD, and wait(-1) neither returns the child nor
 * waits for it; only __WCLONE and __WALL see it.  All signals are blocked in
 * it: the program's handlers never run there.
 *
 * The child dies with the thread that made it (PR_SET_PDEATHSIG), leaves no
 * core, and is the first to go when memory runs out.  Nobody waits for it
 * without a limit: a child that is late or stuck is killed, and one that does
 * not even die is left to a later call, which makes no new one before.
 *
 * Assumes: the child of a clone without CLONE_VM sees private memory as it was;
 *          see gc/unforked.h for what it does not see.
 *          A program with a userfaultfd of its own that asks for fork events
 *          delays clone until it reads the event: it must not be stopped.
 *
 * Locking: the word `state` is the child's to set and the parent's to read.
 */
#include "gc/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os.h"
#include "core/os_own.h"
#include "core/syscall.h"
#include "gc/dirty_rung.h"

enum {
	SNAPSHOT_RUNNING,
	SNAPSHOT_DONE,
	SNAPSHOT_FAILED,
	KERNEL_NSIG_BYTES = 8,
	CLONE_LIKE_FORK = CLONE_FILES | CLONE_FS | CLONE_PIDFD,
	POLL_MS = 20,    /* so often a child that died is noticed */
	DYING_MS = 1000, /* a killed child has so long to give up its memory */
	PROBE_MS = 5000, /* for a child that does nothing */
	PROBE_WORD = 0x901, /* what it leaves */
};

/* Seen by both. */
struct snapshot_shared {
	uint32_t state; /* SNAPSHOT_*, a futex word; the child stores it */
	uint64_t results[];
};

bool snapshot_prepare(struct snapshot *s, size_t nresults)
{
	const size_t size = align_up(
		sizeof(*s->shared) + nresults * sizeof(uint64_t), os_page_size);
	const long p = syscall6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p < 0 && p >= -4095)
		return false;
	s->shared = (struct snapshot_shared *)p;
	s->mapped = size;
	os_own_note((uintptr_t)p, size);
	return true;
}

const uint64_t *snapshot_results(const struct snapshot *s)
{
	return s->shared->results;
}

static void set_state(struct snapshot *s, uint32_t state)
{
	/* Publishes the results.  pairs: snapshot_wait */
	store_release(&s->shared->state, state);
	syscall3(SYS_futex, &s->shared->state, FUTEX_WAKE, 1);
}

/* Rather this process than any other. */
static void volunteer_for_oom(void)
{
	const long fd = syscall4(SYS_openat, AT_FDCWD,
		"/proc/thread-self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);

	if (fd >= 0) {
		syscall3(SYS_write, fd, "1000", 4);
		syscall1(SYS_close, fd);
	}
}

/*
 * A limit of 1 forbids cores in files and to a handler alike.  To make it not
 * dumpable would do the same, and take its own /proc from a plain user.
 */
static void forbid_core(void)
{
	struct rlimit limit = {1, RLIM_INFINITY};

	syscall4(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &limit);
	limit.rlim_cur = 1;
	syscall4(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
}

/* The child's life. */
static _Noreturn void child_main(
	struct snapshot *s, long parent, snapshot_fn *fn, void *arg)
{
	syscall2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	forbid_core();
	/* The parent may have died before the first line. */
	if (syscall0(SYS_getppid) == parent) {
		volunteer_for_oom();
		const bool good = fn(s->shared->results, arg);
		set_state(s, good ? SNAPSHOT_DONE : SNAPSHOT_FAILED);
	}
	for (;;)
		syscall1(SYS_exit_group, 0);
}

/* Whether there is no child any more.  Returns at once. */
static bool reap(struct snapshot *s)
{
	if (s->pid == 0)
		return true;
	const long r =
		syscall4(SYS_wait4, s->pid, NULL, __WCLONE | WNOHANG, NULL);
	/* ECHILD: the program has waited for it, with __WALL. */
	if (r != s->pid && r != -ECHILD)
		return false;
	if (s->pidfd >= 0)
		syscall1(SYS_close, s->pidfd);
	s->pid = 0;
	return true;
}

bool snapshot_take(struct snapshot *s, snapshot_fn *fn, void *arg)
{
	uint64_t all = UINT64_MAX, old = 0;
	const long parent = syscall0(SYS_getpid);

	if (!reap(s))
		return false;
	store_relaxed(&s->shared->state, SNAPSHOT_RUNNING);
	s->pidfd = -1; /* stays so where the kernel ignores CLONE_PIDFD */
	syscall4(
		SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, KERNEL_NSIG_BYTES);
	const long pid = syscall5(
		SYS_clone, CLONE_LIKE_FORK, NULL, &s->pidfd, NULL, NULL);
	if (pid == 0)
		child_main(s, parent, fn, arg);
	syscall4(
		SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, KERNEL_NSIG_BYTES);
	if (pid < 0)
		return false;
	s->pid = (int)pid;
	return true;
}

static uint64_t now_ms(void)
{
	return os_now_ns() / 1000000;
}

/* Sleeps until the state changes, or a little while. */
static void wait_a_little(struct snapshot *s)
{
	struct timespec limit = {0, POLL_MS * 1000000};

	syscall4(SYS_futex, &s->shared->state, FUTEX_WAIT, SNAPSHOT_RUNNING,
		&limit);
}

static void kill_child(struct snapshot *s)
{
	if (reap(s))
		return;
	/* A number alone may be another process by now: see reap. */
	if (s->pidfd >= 0)
		syscall4(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	else
		syscall2(SYS_kill, s->pid, SIGKILL);
}

/* Waits for the end of a child that is done or killed. */
static void bury(struct snapshot *s)
{
	const uint64_t deadline = now_ms() + DYING_MS;
	const struct timespec pause = {0, 1000000};

	while (!reap(s) && now_ms() < deadline)
		syscall4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
}

bool snapshot_wait(struct snapshot *s, uint32_t timeout_ms)
{
	const uint64_t deadline = now_ms() + timeout_ms;
	uint32_t state;

	/* pairs: set_state */
	while ((state = load_acquire(&s->shared->state)) == SNAPSHOT_RUNNING) {
		if (reap(s) || now_ms() >= deadline)
			break;
		wait_a_little(s);
	}
	/* It may have been done just before it was reaped.  pairs: set_state */
	state = load_acquire(&s->shared->state);
	if (state != SNAPSHOT_DONE)
		kill_child(s);
	bury(s);
	return state == SNAPSHOT_DONE;
}

void snapshot_after_fork(struct snapshot *s)
{
	s->pid = 0;
	s->pidfd = -1; /* not in this process's files */
	if (s->shared == NULL)
		return;
	os_own_forget((uintptr_t)s->shared);
	os_unmap(s->shared, s->mapped);
	s->shared = NULL;
}

void snapshot_discard(struct snapshot *s)
{
	const int pid = s->pid, pidfd = s->pidfd;

	if (pid != 0) {
		kill_child(s);
		bury(s);
	}
	const bool gone = s->pid == 0;
	snapshot_after_fork(s);
	if (!gone) { /* for the next snapshot_take to see */
		s->pid = pid;
		s->pidfd = pidfd;
	}
}

/* ---- The rung --------------------------------------------------------- */

static uint64_t probe_private = PROBE_WORD;

/* Reads what the parent had and changes it where the parent cannot see. */
static bool probe(uint64_t *results, void *arg)
{
	uint64_t *private = arg;

	results[0] = load_relaxed(private);
	store_relaxed(private, 0);
	return true;
}

static bool snapshot_works(void)
{
	struct snapshot s = {0};

	if (!snapshot_prepare(&s, 1))
		return false;
	const bool works = snapshot_take(&s, probe, &probe_private) &&
			   snapshot_wait(&s, PROBE_MS) &&
			   snapshot_results(&s)[0] == PROBE_WORD &&
			   load_relaxed(&probe_private) == PROBE_WORD;
	snapshot_discard(&s);
	return works;
}

static void nothing_to_close(void)
{
}

/* Tracks nothing: the copy is marked as it was. */
const struct dirty_rung dirty_rung_snapshot = {.which = BARRIER_SNAPSHOT,
	.open = snapshot_works,
	.close = nothing_to_close,
	.forget = nothing_to_close};
