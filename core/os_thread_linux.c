/*
 * os_thread on Linux: a kernel thread beside libc's.
 *
 *   area   | stack ..................... | TLS, zero | thread pointer: self |
 *
 * libc's thread functions allocate, count the thread as one the process waits
 * for at exit, and set its signal mask too late; a bare clone(2) does none of
 * that.  The price: no libc in it, and TLS that only our own initial-exec
 * variables may use.  They have a fixed distance below the thread pointer.
 *
 * Assumes: TLS variant II (x86-64) or I (aarch64) with variables on the same
 *          side of the thread pointer in every thread; the word at the
 *          thread pointer points to itself (x86-64 code may rely on it).
 */
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os.h"
#include "core/os_own.h"
#include "core/syscall.h"

enum {
	STACK_SIZE = 64 << 10,
	TLS_ABOVE = 4096, /* the stack protector's canary is above: fs:0x28 */
	CLONE_LIKE_PTHREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			     CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
			     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
			     CLONE_UNTRACED, /* a debugger does not ask */
	KERNEL_NSIG_BYTES = 8,
	MAX_STARTED = 128, /* structs: each may start again and again */
};

/* All that were ever started; the struct of one that ends stays. */
static struct os_thread *started[MAX_STARTED];

/* false: too many. */
static bool remember(struct os_thread *t)
{
	for (int i = 0; i < MAX_STARTED; i++) {
		struct os_thread *other = NULL;
		if (load_acquire(&started[i]) == t ||
			try_cas_acqrel(&started[i], &other, t))
			return true;
	}
	return false;
}

size_t os_thread_count(void)
{
	size_t nrunning = 0;

	for (int i = 0; i < MAX_STARTED; i++) {
		struct os_thread *t = load_acquire(&started[i]);
		if (t == NULL)
			break;
		nrunning += os_thread_is_running(t);
	}
	return nrunning;
}

bool os_thread_owns(uint32_t tid)
{
	for (int i = 0; i < MAX_STARTED; i++) {
		struct os_thread *t = load_acquire(&started[i]);
		if (t == NULL)
			break;
		if (load_acquire(&t->tid) == tid)
			return true;
	}
	return false;
}

/* Bytes that the TLS needs on each side of the thread pointer. */
static size_t tls_reach(const void *tls_top)
{
	ptrdiff_t distance = (const char *)tls_top - syscall_thread_pointer();
	size_t reach = (size_t)(distance < 0 ? -distance : distance);

	return align_up(reach + TLS_ABOVE, os_page_size);
}

bool os_thread_start(
	struct os_thread *t, void (*main)(void *), const void *tls_top)
{
	size_t reach = tls_reach(tls_top);
	uint64_t all = UINT64_MAX, old = 0;

	if (t->area == NULL)
		t->area = os_own_map(STACK_SIZE + 2 * reach);
	if (t->area == NULL || !remember(t))
		return false;
	char *stack = t->area + STACK_SIZE, *tls = stack + reach;
	__builtin_memset(stack, 0, 2 * reach);
	*(char **)tls = tls;
	syscall4(
		SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, KERNEL_NSIG_BYTES);
	long tid = syscall_clone(CLONE_LIKE_PTHREAD, stack, tls, &t->tid, main);
	syscall4(
		SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, KERNEL_NSIG_BYTES);
	return tid > 0;
}

bool os_thread_is_running(const struct os_thread *t)
{
	return load_acquire(&t->tid) != 0;
}

void os_thread_wait(struct os_thread *t)
{
	const uint32_t tid = load_acquire(&t->tid);

	if (tid == 0)
		return;
	/* The kernel clears the word and wakes, without FUTEX_PRIVATE. */
	while (load_acquire(&t->tid) == tid)
		syscall4(SYS_futex, &t->tid, FUTEX_WAIT, tid, NULL);
	/* It wakes one of those who wait; that one wakes the others. */
	syscall3(SYS_futex, &t->tid, FUTEX_WAKE, INT32_MAX);
}

void os_thread_forget(struct os_thread *t)
{
	store_relaxed(&t->tid, 0);
}
