/*
 * profiler: the unwinder, the signal, the exit.
 *
 * The unwinder is libgcc_s, which C programs have not loaded.  It is loaded
 * here, where no lock is held, so that malloc need not do it later.
 *
 * The signal's handler counts and wakes the helper, which writes.  It is
 * installed only if nobody has said what the signal shall do; if the program
 * says so later, its handler takes the place of ours and is not called by us.
 *
 * Context:    early and exit, one thread; the handler.
 */
#include "preload/profiler.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/compiler.h"
#include "core/fatal.h"
#include "core/options.h"
#include "core/thread.h"
#include "prof/helper.h"
#include "prof/prof.h"
#include "prof/stack.h"
#include "prof/start.h"

enum { DESTRUCTOR_LAST = 101 /* up to 100 is the compiler's */ };

/* The library's first and last byte, by the linker. */
extern const char __ehdr_start[] HIDDEN;
extern const char _end[] HIDDEN;

static bool has_started;

static struct stack_unwinder unwinder_load(void)
{
	struct stack_unwinder u = {
		.own_start = (uintptr_t)__ehdr_start,
		.own_end = (uintptr_t)_end,
	};
	*(void **)&u.find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
	void *libgcc = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);

	if (libgcc != NULL) {
		*(void **)&u.backtrace = dlsym(libgcc, "_Unwind_Backtrace");
		*(void **)&u.get_ip = dlsym(libgcc, "_Unwind_GetIPInfo");
	}
	if (u.backtrace == NULL || u.get_ip == NULL) {
		u.backtrace = NULL;
		say("heap profile: libgcc_s.so.1 is missing: no stacks");
	}
	return u;
}

static void on_signal(int signal)
{
	int error = errno;

	(void)signal;
	helper_note_signal();
	errno = error;
}

static void signal_watch(int number)
{
	struct sigaction old, ours = {.sa_handler = on_signal};

	ours.sa_flags = SA_RESTART | SA_ONSTACK;
	if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_DFL &&
		sigaction(number, &ours, NULL) == 0)
		return;
	say("heap profile: signal %d is in use", number);
}

static void begin(void)
{
	struct stack_unwinder unwinder = unwinder_load();

	thread_enter(thread_self());
	prof_begin(&unwinder);
	thread_leave(thread_self());
	has_started = true;
}

void profiler_start(void)
{
	if (!prof_is_wanted())
		return;
	begin();
	if (options.profile_signal > 0)
		signal_watch(options.profile_signal);
	profiler_rate_changed();
}

bool profiler_has_started(void)
{
	return has_started;
}

uint32_t profiler_set_rate(uint32_t rate)
{
	if (!has_started && rate > 0) {
		begin();
		prof_set_rate(0);
	}
	uint32_t old = prof_set_rate(rate);
	profiler_rate_changed();
	return old;
}

__attribute__((destructor(DESTRUCTOR_LAST))) static void profiler_end(void)
{
	struct thread *t = thread_self();

	/* exit() in a handler that interrupted malloc: its lock may be held. */
	if (!has_started || t->busy)
		return;
	thread_enter(t);
	prof_end();
	thread_leave(t);
}
