/*
 * blocking: a safe region around every call of libc that may wait.
 *
 *   read --not watched--> the real read            (a branch and a jump)
 *        --watched------> safe_read: spill registers, SAFE, the real read,
 *                         RUNNING
 *
 * The spilled registers and the call's pointers lie in safe_read's frame, at
 * or above the stack pointer that the record holds.  The state is all that is
 * changed, so errno, cancellation, and what the call does are the real one's.
 * A cancelled thread unwinds out of the region with its state still SAFE:
 * pthread_cancel has made it distrusted before (shims/threads.c).
 *
 * Context: mutator, its handlers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <termios.h>

#include "shims/filter.h"
#include "shims/real.h"
#include "shims/region.h"

/* The call in a safe region. */
#define SAFE_CALL(type, name, params, args, ...)                               \
	NOINLINE static type safe_##name params                                \
	{                                                                      \
		const volatile void *volatile held[] = {__VA_ARGS__};          \
                                                                               \
		(void)held;                                                    \
		__builtin_unwind_init();                                       \
		struct mutator *self = region_begin(machine_sp());             \
		type outcome = REAL(name) args;                                \
		region_end(self);                                              \
		return outcome;                                                \
	}

/* What the program calls. */
#define BLOCKING_SHIM(type, name, params, args, ...)                           \
	SAFE_CALL(type, name, params, args, __VA_ARGS__)                       \
	SHIM type name params                                                  \
	{                                                                      \
		if (likely(!world_is_watched()))                               \
			return REAL(name) args;                                \
		return safe_##name args;                                       \
	}

FOR_EACH_BLOCKING(BLOCKING_SHIM);

FOR_EACH_SPECIAL_BLOCKING(SAFE_CALL);

/* Variadic functions: the last arguments are passed on, given or not. */
#define VARIADIC_SHIM SHIM __attribute__((no_sanitize("address")))

#define OPEN_SHIM(name)                                                        \
	VARIADIC_SHIM int name(const char *path, int flags, ...)               \
	{                                                                      \
		va_list args;                                                  \
		va_start(args, flags);                                         \
		const mode_t mode = va_arg(args, mode_t);                      \
		va_end(args);                                                  \
		if (likely(!world_is_watched()))                               \
			return REAL(name)(path, flags, mode);                  \
		return safe_##name(path, flags, mode);                         \
	}

OPEN_SHIM(open)
OPEN_SHIM(open64)
OPEN_SHIM(__open)
OPEN_SHIM(__open64)

#define OPENAT_SHIM(name)                                                      \
	VARIADIC_SHIM int name(int dir, const char *path, int flags, ...)      \
	{                                                                      \
		va_list args;                                                  \
		va_start(args, flags);                                         \
		const mode_t mode = va_arg(args, mode_t);                      \
		va_end(args);                                                  \
		if (likely(!world_is_watched()))                               \
			return REAL(name)(dir, path, flags, mode);             \
		return safe_##name(dir, path, flags, mode);                    \
	}

OPENAT_SHIM(openat)
OPENAT_SHIM(openat64)

#define CONTROL_SHIM(name, command)                                            \
	VARIADIC_SHIM int name(int fd, command what, ...)                      \
	{                                                                      \
		va_list args;                                                  \
		va_start(args, what);                                          \
		void *arg = va_arg(args, void *);                              \
		va_end(args);                                                  \
		if (likely(!world_is_watched()))                               \
			return REAL(name)(fd, what, arg);                      \
		return safe_##name(fd, what, arg);                             \
	}

CONTROL_SHIM(fcntl, int)
CONTROL_SHIM(fcntl64, int)
CONTROL_SHIM(__fcntl, int)
CONTROL_SHIM(ioctl, unsigned long)

/* Any call of the kernel's, but those that do not come back as they went. */
VARIADIC_SHIM long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (likely(!world_is_watched()) || machine_makes_process(number))
		return REAL(syscall)(
			number, a[0], a[1], a[2], a[3], a[4], a[5]);
	filter_note_call(number, a);
	if (number == SYS_execve)
		return execve((char *)a[0], (char **)a[1], (char **)a[2]);
	if (number == SYS_epoll_ctl)
		return epoll_ctl((int)a[0], (int)a[1], (int)a[2],
			(struct epoll_event *)a[3]);
	return safe_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Taken at once more often than not, and then without a region. */
SHIM int pthread_mutex_lock(pthread_mutex_t *m)
{
	if (likely(!world_is_watched()))
		return REAL(pthread_mutex_lock)(m);
	const int error = REAL(pthread_mutex_trylock)(m);
	return error != EBUSY ? error : safe_pthread_mutex_lock(m);
}
