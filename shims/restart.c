/*
 * restart: see restart.h.
 *
 *   stop signal             context at a system call that said EINTR:
 *                           set it back onto the call, whose number the
 *                           collector has read from /proc before it sent the
 *                           signal; or the code just before the call says it
 *   signal of the program   context set back by us: undo that
 *                           context at a call that said EINTR: note it, for a
 *                           stop signal that comes when the handler returns
 *
 * Context: handlers; no libc.
 */
#include "shims/restart.h"

#include <time.h>

#include "core/syscall.h"
#include "shims/world.h"

enum {
	/*
	 * A handler of the program has returned to the call and the thread has
	 * done nothing since: there is no telling but by time.
	 */
	FRESH_NS = 10000000,
};

STOP_HANDLER static uint64_t now_ns(void)
{
	struct timespec now = {0, 0};

	syscall2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

STOP_HANDLER void restart_call(struct mutator *m, ucontext_t *uc)
{
	const struct machine_place place = machine_place(uc);

	if (!machine_says_eintr(uc))
		return;
	if (machine_is_same_place(place, m->signalled_at) &&
		now_ns() - m->signalled_ns < FRESH_NS)
		return;
	const long number = machine_is_same_place(place, m->call_place)
				    ? (long)m->call_number
				    : machine_call_number(place.ip);
	if (number < 0)
		return;
	machine_restart_call(uc, number);
	m->restarted_at = machine_place(uc);
}

STOP_HANDLER void restart_note_signal(struct mutator *m, ucontext_t *uc)
{
	if (m == NULL)
		return;
	if (machine_is_same_place(machine_place(uc), m->restarted_at)) {
		machine_undo_restart(uc);
		m->restarted_at = (struct machine_place){0, 0};
	}
	if (!machine_says_eintr(uc))
		return;
	m->signalled_at = machine_place(uc);
	m->signalled_ns = now_ns();
}
