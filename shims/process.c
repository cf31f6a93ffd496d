/*
 * process: fork, vfork and exec while a collector runs.
 *
 *   fork    the world is ours, so nobody is parked in the copy; the child's
 *           only thread is its caller
 *   vfork   the thread waits for the child where no signal reaches it: SAFE,
 *           with its registers in the record
 *   exec    the world is ours: a stop signal that were still under way would
 *           reach the new program, which has no handler for it, and kill it
 *
 * A copy made otherwise (clone(2) without libc) finds that the world is not
 * its own and never waits.
 *
 * Locking:    world_own.
 * Context:    mutator; the child of fork and of vfork.
 */
#include "shims/process.h"

#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/syscall.h"
#include "core/thread.h"
#include "shims/real.h"
#include "shims/region.h"
#include "shims/threads.h"
#include "shims/world.h"

#if defined(__x86_64__)
#include "shims/process_x86_64.h"
#else
#error "shims/process_<machine>.h is missing for this machine"
#endif

enum { OWN_MS = 2000 /* more than any stop takes */ };

/* Of vfork, which is not C. */
HIDDEN bool process_watched;     /* as world.watched */
HIDDEN void *process_next_vfork; /* libc's; NULL: not looked up yet */

/* fork. */

NOINLINE static void fork_prepare(void)
{
	struct mutator *m = mutator_self();

	/* In a handler in the middle of malloc there is no waiting. */
	if (m == NULL || thread_self()->busy)
		return;
	__builtin_unwind_init();
	struct mutator *region = region_begin(machine_sp());
	m->owns_world = world_own(OWN_MS);
	region_end(region);
}

static void fork_parent(void)
{
	struct mutator *m = mutator_current;

	if (m == NULL || !m->owns_world)
		return;
	m->owns_world = false;
	world_disown();
}

static void fork_child(void)
{
	if (mutator_current != NULL)
		mutator_current->owns_world = false;
	mutators_fork_child();
	world_fork_child();
}

void process_start(void)
{
	pthread_atfork(fork_prepare, fork_parent, fork_child);
	store_relaxed(&process_watched, true);
}

/* vfork. */

void process_vfork_begin(const uintptr_t *registers) HIDDEN;
pid_t process_vfork_end(long result) HIDDEN;
void *process_find_vfork(void) HIDDEN;

void *process_find_vfork(void)
{
	process_next_vfork = dlsym(RTLD_NEXT, "vfork");
	return process_next_vfork;
}

void process_vfork_begin(const uintptr_t *registers)
{
	/* Above the registers and the return address is the caller's. */
	const uintptr_t sp = (uintptr_t)(registers + MACHINE_NSAVED + 1);
	struct mutator *m = mutator_self();

	if (m == NULL || load_relaxed(&m->state) != MUTATOR_RUNNING)
		return;
	memcpy(m->vfork_registers, registers, sizeof m->vfork_registers);
	m->registers = (struct machine_registers){
		m->vfork_registers, sizeof m->vfork_registers};
	m->is_in_vfork = true;
	region_begin(sp);
}

pid_t process_vfork_end(long result)
{
	struct mutator *m = mutator_current;

	if (m != NULL && m->is_in_vfork) {
		region_end(m);
		m->is_in_vfork = false;
		m->registers = (struct machine_registers){NULL, 0};
	}
	if (result >= 0)
		return (pid_t)result;
	errno = (int)-result;
	return -1;
}

/* exec. */

/* Nothing is under way to this thread from here to exec_failed. */
static struct mutator *exec_begin(bool *owns)
{
	*owns = false;
	if (!world_is_ours() || thread_self()->busy)
		return NULL;
	struct mutator *m = region_begin(machine_sp());
	*owns = world_own(OWN_MS);
	/* It returns through the delivery of signals sent so far. */
	syscall0(SYS_gettid);
	return m;
}

static void exec_failed(struct mutator *m, bool owns)
{
	const int error = errno;

	if (owns)
		world_disown();
	region_end(m);
	errno = error;
}

#define EXEC_SHIM(type, name, params, args, ...)                               \
	NOINLINE static int own_##name params                                  \
	{                                                                      \
		bool owns;                                                     \
                                                                               \
		__builtin_unwind_init();                                       \
		struct mutator *m = exec_begin(&owns);                         \
		const int result = REAL(name) args;                            \
		exec_failed(m, owns);                                          \
		return result;                                                 \
	}                                                                      \
	SHIM int name params                                                   \
	{                                                                      \
		if (likely(!world_is_watched()))                               \
			return REAL(name) args;                                \
		return own_##name args;                                        \
	}

FOR_EACH_EXEC(EXEC_SHIM)

/* An exec of listed arguments; call has them up to NULL in argv. */
#define DEFINE_EXEC_LIST(name, call)                                           \
	SHIM int name(const char *file, const char *arg, ...)                  \
	{                                                                      \
		va_list args;                                                  \
		size_t n = 1;                                                  \
		va_start(args, arg);                                           \
		while (va_arg(args, char *) != NULL)                           \
			n++;                                                   \
		va_end(args);                                                  \
		char **argv = alloca((n + 1) * sizeof *argv);                  \
		memcpy(argv, &arg, sizeof arg);                                \
		va_start(args, arg);                                           \
		for (size_t i = 1; i <= n; i++)                                \
			argv[i] = va_arg(args, char *);                        \
		int result = call;                                             \
		va_end(args);                                                  \
		return result;                                                 \
	}

DEFINE_EXEC_LIST(execl, execv(file, argv))
DEFINE_EXEC_LIST(execlp, execvp(file, argv))
DEFINE_EXEC_LIST(execle, execve(file, argv, va_arg(args, char **)))
