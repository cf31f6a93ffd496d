/*
 * stopsignal: sending it, and waiting in its handler.
 *
 *   stw_stop --tgkill--> stopsignal_handle: publish registers, PARKED, wait
 *                          busy in malloc: wait at the end of it
 *                          in a safe region: nothing to do
 *
 * The handler saves nothing: the kernel's signal frame holds all registers,
 * vectors included, and the record says where it lies.
 *
 * libc installs its own handler when the first thread is created, also by
 * functions that no shim sees.  Ours is put back then, or when a stop finds
 * that nobody answers; its handler ignores what is not its own.
 *
 * Context:    handler, on a stack of the program's choice; no libc.
 * Assumes:    libc's handler looks at si_code, and takes SI_TKILL only.
 */
#include "shims/stopsignal.h"

#include <errno.h>
#include <string.h>

#include "core/os.h"
#include "core/syscall.h"
#include "core/thread.h"
#include "shims/region.h"
#include "shims/restart.h"

#if defined(__x86_64__)
#include "shims/stopsignal_x86_64.h"
#else
#error "shims/stopsignal_<machine>.h is missing for this machine"
#endif

enum { KERNEL_NSIG_BYTES = 8 };

/* libc's, to which we pass on what is not ours; handler NULL: none yet. */
static struct kernel_sigaction libc_action;

/* The record of the thread that a stop asks for, or NULL: not a stop. */
STOP_HANDLER static struct mutator *asked_mutator(const siginfo_t *info)
{
	if (info->si_code != SI_QUEUE)
		return NULL;
	/* Only this library sends this signal with a value. */
	return info->si_value.sival_ptr;
}

STOP_HANDLER static void pass_on(int sig, siginfo_t *info, void *context)
{
	void (*handler)(int, siginfo_t *, void *) =
		load_relaxed(&libc_action.handler);

	if ((uintptr_t)handler > (uintptr_t)SIG_IGN)
		handler(sig, info, context);
}

/* Whether the thread goes on for now, and will stop by itself. */
STOP_HANDLER static bool is_deferred(struct mutator *m)
{
	if (m->is_deferring) {
		m->is_wanted = true;
		return true;
	}
	return m->core != NULL && thread_try_request_park(m->core);
}

STOP_HANDLER static void park(struct mutator *m, const ucontext_t *uc)
{
	const uint32_t state = load_relaxed(&m->state);
	const uintptr_t sp = m->sp;

	m->sp = machine_interrupted_sp(uc) - MACHINE_RED_ZONE;
	m->registers = machine_interrupted_registers(uc);
	do {
		/* pairs: mutator_is_stopped */
		store_release(&m->state, MUTATOR_PARKED);
		world_wait(m);
		store_relaxed(&m->state, MUTATOR_RUNNING);
		barrier_compiler();
	} while (world_stop_for(m) != 0);
	m->sp = sp;
	m->registers = (struct machine_registers){NULL, 0};
	store_relaxed(&m->state, state);
}

/*
 * What is known of a thread that the collector found.  One that shares the
 * thread pointer of another shares its record too, in every shim: neither is
 * believed to be in a safe region from now on.
 */
STOP_HANDLER static void recognise(struct mutator *m)
{
	const uintptr_t tp = machine_thread_pointer();
	struct mutator *other = mutator_of_pointer(tp);

	m->is_foreign = false;
	if (other != NULL) {
		store_relaxed(&other->is_shared, true);
		store_relaxed(&other->distrusted, true);
	} else if (machine_is_libc_thread(tp)) {
		mutator_recognise(m, tp);
	}
}

STOP_HANDLER static void stop_here(struct mutator *m, ucontext_t *uc)
{
	/* A record may have been given up since, for one the thread made. */
	if (load_acquire(&m->tid) != (uint32_t)syscall0(SYS_gettid))
		return;
	if (m->is_foreign)
		recognise(m);
	restart_call(m, uc);
	if (load_acquire(&world.stopping) == 0 || mutator_is_stopped(m))
		mutator_answer(m); /* it came late, or stopped by itself */
	else if (!is_deferred(m))
		park(m, uc);
}

STOP_HANDLER static void stopsignal_handle(
	int sig, siginfo_t *info, void *context)
{
	struct mutator *m = asked_mutator(info);

	if (m == NULL)
		pass_on(sig, info, context);
	else
		stop_here(m, context);
}

static long set_action(
	const struct kernel_sigaction *new, struct kernel_sigaction *old)
{
	return syscall4(
		SYS_rt_sigaction, STOPSIGNAL, new, old, KERNEL_NSIG_BYTES);
}

void stopsignal_unmask(sigset_t *set)
{
	uint64_t bits;

	/* sigdelset knows no such signal. */
	memcpy(&bits, set, sizeof bits);
	bits &= ~STOPSIGNAL_BIT;
	memcpy(set, &bits, sizeof bits);
}

void stopsignal_install(void)
{
	struct kernel_sigaction ours = {
		.handler = (void *)stopsignal_handle,
		.flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK |
			 KERNEL_SA_RESTORER,
		.restorer = stopsignal_restorer,
		.mask = UINT64_MAX,
	};
	struct kernel_sigaction old = {0};

	set_action(NULL, &old);
	if (old.handler == ours.handler)
		return;
	libc_action = old;
	set_action(&ours, NULL);
}

void stopsignal_note_thread(void)
{
	/* A parent may have left the signal ignored, as make does. */
	if ((uintptr_t)load_relaxed(&libc_action.handler) <= (uintptr_t)SIG_IGN)
		stopsignal_install();
}

bool stopsignal_send(struct mutator *m, uint32_t stop)
{
	const uint32_t pid = (uint32_t)syscall0(SYS_getpid);
	siginfo_t info = {.si_signo = STOPSIGNAL, .si_code = SI_QUEUE};

	info.si_pid = (pid_t)pid;
	info.si_value.sival_ptr = m;
	store_seqcst(&m->asked, stop);
	return syscall4(SYS_rt_tgsigqueueinfo, pid, load_relaxed(&m->tid),
		       STOPSIGNAL, &info) != -ESRCH;
}

void stopsignal_defer(struct mutator *self)
{
	self->is_deferring = true;
	barrier_compiler();
}

NOINLINE void stopsignal_park_here(void)
{
	__builtin_unwind_init();
	region_end(region_begin(machine_sp()));
}

void stopsignal_undefer(struct mutator *self)
{
	barrier_compiler();
	self->is_deferring = false;
	barrier_compiler();
	if (!self->is_wanted)
		return;
	self->is_wanted = false;
	stopsignal_park_here();
}
