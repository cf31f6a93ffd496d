/*
 * restart: system calls that a stop signal interrupts, though they stand
 * outside of safe regions: the program made them without libc, or libc made
 * them inside another function.
 *
 * Most the kernel restarts by itself.  Those that say EINTR whatever the
 * handler's flags are made to begin again, and the program does not notice;
 * but where a handler of the program runs before they have, it is the program's
 * own signal that has interrupted them, and they say EINTR after all.
 *
 * A relative time to wait, which the kernel does not write back, begins anew.
 */
#ifndef SHIMS_RESTART_H
#define SHIMS_RESTART_H

#include "shims/threads.h"

/*
 * The stop signal has interrupted this thread there: a call that was to say
 * EINTR for that reason begins again.  Context: handler of the stop signal.
 */
void restart_call(struct mutator *m, ucontext_t *uc);

/*
 * A signal of the program's has interrupted it there.  m may be NULL.
 * Context: handler of that signal, before the program's.
 */
void restart_note_signal(struct mutator *m, ucontext_t *uc);

#endif
