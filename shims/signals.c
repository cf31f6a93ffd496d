/*
 * signals: sigaction and its older relatives.
 *
 *   sigaction(SIGALRM, f)   handlers[SIGALRM] = f; the kernel gets signals_run
 *   SIGALRM                 signals_run: RUNNING; f(...); SAFE again
 *   sigaction(SIGALRM, 0)   the kernel says signals_run; the program is told f
 *
 * A handler that does not return (siglongjmp, an exception, pthread_exit)
 * leaves the thread RUNNING, which is what it is then.
 *
 * handlers only grows: SIG_DFL and SIG_IGN go to the kernel and leave the
 * entry alone, as a child of vfork does that resets its signals.  Such a
 * child, and any other copy of the process without a collector, has its own
 * handlers installed as they are.
 *
 * Locking:    a futex word around handlers and the kernel's table, held with
 *             all signals but the stop signal blocked, so that a handler may
 *             call sigaction too.
 * Context:    mutator, its handlers.
 * Assumes:    the kernel gives a handler its three arguments whether or not it
 *             asked for them with SA_SIGINFO, in registers.
 */
#include "shims/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/os.h"
#include "core/syscall.h"
#include "shims/real.h"
#include "shims/region.h"
#include "shims/restart.h"
#include "shims/stopsignal.h"

enum { KERNEL_NSIG_BYTES = 8 };

typedef void handler_fn(int sig, siginfo_t *info, void *context);

static handler_fn *handlers[NSIG]; /* the program's, by signal */
static uint32_t handlers_lock;     /* futex: 0 free, 1 held, 2 waited for */

/* Takes the lock; the signals blocked before. */
static uint64_t lock_handlers(void)
{
	const uint64_t all = ~STOPSIGNAL_BIT;
	uint64_t old = 0;
	uint32_t unlocked = 0;

	syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &old, KERNEL_NSIG_BYTES);
	if (try_cas_acquire(&handlers_lock, &unlocked, 1))
		return old;
	while (exchange_acquire(&handlers_lock, 2) != 0)
		os_futex_wait(&handlers_lock, 2);
	return old;
}

static void unlock_handlers(uint64_t old)
{
	if (exchange_release(&handlers_lock, 0) == 2)
		os_futex_wake(&handlers_lock);
	syscall4(
		SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, KERNEL_NSIG_BYTES);
}

/* The thread's record if the handler has interrupted a safe region. */
static struct mutator *interrupted_region(void)
{
	struct mutator *m = mutator_current;

	return m != NULL && load_relaxed(&m->state) == MUTATOR_SAFE &&
			       !m->is_in_vfork && !load_relaxed(&m->is_shared)
		       ? m
		       : NULL;
}

/* What the kernel calls for each signal that the program handles. */
static void signals_run(int sig, siginfo_t *info, void *context)
{
	handler_fn *handler = load_acquire(&handlers[sig]);
	struct mutator *m = interrupted_region();

	restart_note_signal(mutator_current, context);
	if (m == NULL) {
		handler(sig, info, context);
		return;
	}
	const uintptr_t sp = m->sp;
	region_end(m);
	handler(sig, info, context);
	region_resume(m, sp);
}

/* Handlers as sigaction and signal have them. */
static sighandler_t plain(handler_fn *handler)
{
	return (sighandler_t)(void *)handler;
}

static bool is_function(const void *handler)
{
	return handler != (void *)SIG_DFL && handler != (void *)SIG_IGN &&
	       handler != (void *)SIG_ERR && handler != (void *)SIG_HOLD;
}

static bool is_signal(int sig)
{
	return sig > 0 && sig < NSIG;
}

/* Whether handlers of this process can be stood before. */
static bool has_collector(void)
{
	return world_is_watched() && world_is_ours();
}

/* What the kernel is to be told for a handler of the program's. */
static void *wrap_locked(int sig, void *handler)
{
	if (!is_signal(sig) || !is_function(handler) || !has_collector())
		return handler;
	store_release(&handlers[sig], (handler_fn *)handler);
	return (void *)signals_run;
}

static int set_action_locked(
	int sig, const struct sigaction *act, struct sigaction *old)
{
	handler_fn *before = is_signal(sig) ? handlers[sig] : NULL;
	struct sigaction ours;

	if (act != NULL) {
		ours = *act;
		ours.sa_handler = wrap_locked(sig, (void *)act->sa_handler);
		stopsignal_unmask(&ours.sa_mask);
		act = &ours;
	}
	const int result = REAL(sigaction)(sig, act, old);
	if (result != 0 && is_signal(sig))
		handlers[sig] = before;
	if (result == 0 && old != NULL && old->sa_handler == plain(signals_run))
		old->sa_handler = plain(before);
	return result;
}

static int set_action(
	int sig, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction act_copy, old_copy;

	/* The program's memory may be bad: it must not fail under the lock. */
	if (act != NULL)
		act_copy = *act;
	const uint64_t mask = lock_handlers();
	const int result = set_action_locked(sig,
		act != NULL ? &act_copy : NULL, old != NULL ? &old_copy : NULL);
	unlock_handlers(mask);
	if (result == 0 && old != NULL)
		*old = old_copy;
	return result;
}

#define SIGACTION_SHIM(name)                                                   \
	SHIM int name(int sig, const struct sigaction *restrict act,           \
		struct sigaction *restrict old)                                \
	{                                                                      \
		if (likely(!world_is_watched()))                               \
			return REAL(name)(sig, act, old);                      \
		return set_action(sig, act, old);                              \
	}

SIGACTION_SHIM(sigaction)
SIGACTION_SHIM(__sigaction)

/* signal and so on: libc's own flags, with our handler. */
#define SIGNAL_SHIM(name)                                                      \
	SHIM sighandler_t name(int sig, sighandler_t handler)                  \
	{                                                                      \
		if (likely(!world_is_watched()))                               \
			return REAL(name)(sig, handler);                       \
		const uint64_t mask = lock_handlers();                         \
		handler_fn *before = is_signal(sig) ? handlers[sig] : NULL;    \
		sighandler_t old = REAL(name)(                                 \
			sig, (sighandler_t)wrap_locked(sig, (void *)handler)); \
		if (old == SIG_ERR && is_signal(sig))                          \
			handlers[sig] = before;                                \
		unlock_handlers(mask);                                         \
		return old == plain(signals_run) ? plain(before) : old;        \
	}

SIGNAL_SHIM(signal)
SIGNAL_SHIM(bsd_signal)
SIGNAL_SHIM(ssignal)
SIGNAL_SHIM(sysv_signal)
SIGNAL_SHIM(__sysv_signal)

/* It changes the mask as well, so no lock with a mask of its own. */
SHIM sighandler_t sigset(int sig, sighandler_t handler)
{
	if (likely(!world_is_watched()))
		return REAL(sigset)(sig, handler);
	handler_fn *before = is_signal(sig) ? handlers[sig] : NULL;
	sighandler_t old = REAL(sigset)(
		sig, (sighandler_t)wrap_locked(sig, (void *)handler));
	return old == plain(signals_run) ? plain(before) : old;
}

void signals_start(void)
{
	struct sigaction act;

	const uint64_t mask = lock_handlers();
	for (int sig = 1; sig < NSIG; sig++)
		if (REAL(sigaction)(sig, NULL, &act) == 0 &&
			is_function((void *)act.sa_handler) &&
			act.sa_handler != plain(signals_run))
			set_action_locked(sig, &act, NULL);
	unlock_handlers(mask);
}
