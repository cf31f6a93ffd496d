/*
 * functions: every function of libc that has a shim, as one table.
 *
 * X(type, name, parameters, arguments, pointers).  Those of blocking.def wait
 * and need nothing but a safe region; the rest is taken care of one by one in
 * the file that is named above each group.  A variadic function stands with
 * the arguments it is called with at most.
 */
#ifndef SHIMS_FUNCTIONS_H
#define SHIMS_FUNCTIONS_H

#include <aio.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "shims/blocking.def"

/* shims/blocking.c */
#define FOR_EACH_SPECIAL_BLOCKING(X)                                           \
	X(int, open, (const char *path, int flags, mode_t mode),               \
		(path, flags, mode), path)                                     \
	X(int, open64, (const char *path, int flags, mode_t mode),             \
		(path, flags, mode), path)                                     \
	X(int, __open, (const char *path, int flags, mode_t mode),             \
		(path, flags, mode), path)                                     \
	X(int, __open64, (const char *path, int flags, mode_t mode),           \
		(path, flags, mode), path)                                     \
	X(int, openat, (int dir, const char *path, int flags, mode_t mode),    \
		(dir, path, flags, mode), path)                                \
	X(int, openat64, (int dir, const char *path, int flags, mode_t mode),  \
		(dir, path, flags, mode), path)                                \
	X(int, fcntl, (int fd, int what, void *arg), (fd, what, arg), arg)     \
	X(int, fcntl64, (int fd, int what, void *arg), (fd, what, arg), arg)   \
	X(int, __fcntl, (int fd, int what, void *arg), (fd, what, arg), arg)   \
	X(int, ioctl, (int fd, unsigned long what, void *arg),                 \
		(fd, what, arg), arg)                                          \
	X(int, pthread_mutex_lock, (pthread_mutex_t * m), (m), m)              \
	X(long, syscall,                                                       \
		(long number, long a, long b, long c, long d, long e, long f), \
		(number, a, b, c, d, e, f), (void *)a, (void *)b, (void *)c,   \
		(void *)d, (void *)e, (void *)f)

/* Called, but no shim stands before them. */
#define FOR_EACH_PLAIN(X)                                                      \
	X(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m), m)

/* Some have no declaration in any header of the system. */
#define DECLARE_SHIM(type, name, params, args, ...) type name params;
FOR_EACH_BLOCKING(DECLARE_SHIM)
#undef DECLARE_SHIM

int __open(const char *path, int flags, ...);
int __open64(const char *path, int flags, ...);
int __fcntl(int fd, int what, ...);
int __sigaction(int sig, const struct sigaction *act, struct sigaction *old);
sighandler_t bsd_signal(int sig, sighandler_t handler);

/* shims/threads.c */
#define FOR_EACH_THREAD_FUNCTION(X)                                            \
	X(int, pthread_cancel, (pthread_t id), (id), NULL)                     \
	X(void, pthread_exit, (void *result), (result), result)                \
	X(int, pthread_create,                                                 \
		(pthread_t * id, const pthread_attr_t *attr,                   \
			void *(*start)(void *), void *arg),                    \
		(id, attr, start, arg), id, attr, arg)

/* shims/process.c */
#define FOR_EACH_EXEC(X)                                                       \
	X(int, execve,                                                         \
		(const char *path, char *const argv[], char *const envp[]),    \
		(path, argv, envp), path, argv, envp)                          \
	X(int, execv, (const char *path, char *const argv[]), (path, argv),    \
		path, argv)                                                    \
	X(int, execvp, (const char *file, char *const argv[]), (file, argv),   \
		file, argv)                                                    \
	X(int, execvpe,                                                        \
		(const char *file, char *const argv[], char *const envp[]),    \
		(file, argv, envp), file, argv, envp)                          \
	X(int, fexecve, (int fd, char *const argv[], char *const envp[]),      \
		(fd, argv, envp), argv, envp)                                  \
	X(int, execveat,                                                       \
		(int dir, const char *path, char *const argv[],                \
			char *const envp[], int flags),                        \
		(dir, path, argv, envp, flags), path, argv, envp)

/* shims/kernel_held.c */
#define FOR_EACH_HELD_FUNCTION(X)                                              \
	X(int, epoll_ctl,                                                      \
		(int epfd, int op, int fd, struct epoll_event *event),         \
		(epfd, op, fd, event), event)                                  \
	X(int, timer_create,                                                   \
		(clockid_t clock, struct sigevent * event, timer_t * timer),   \
		(clock, event, timer), event, timer)                           \
	X(int, timer_delete, (timer_t timer), (timer), NULL)                   \
	X(int, mq_notify, (mqd_t q, const struct sigevent *event), (q, event), \
		event)                                                         \
	X(int, sigqueue, (pid_t pid, int sig, const union sigval value),       \
		(pid, sig, value), NULL)                                       \
	X(int, pthread_sigqueue,                                               \
		(pthread_t id, int sig, const union sigval value),             \
		(id, sig, value), NULL)                                        \
	X(int, sigaltstack, (const stack_t *stack, stack_t *old),              \
		(stack, old), stack, old)

/* shims/filter.c */
#define FOR_EACH_FILTER_FUNCTION(X)                                            \
	X(int, prctl, (int option, long a, long b, long c, long d),            \
		(option, a, b, c, d), (void *)a, (void *)b, (void *)c,         \
		(void *)d)

/* shims/signals.c */
#define FOR_EACH_SIGNAL_FUNCTION(X)                                            \
	X(int, sigaction,                                                      \
		(int sig, const struct sigaction *act, struct sigaction *old), \
		(sig, act, old), act, old)                                     \
	X(int, __sigaction,                                                    \
		(int sig, const struct sigaction *act, struct sigaction *old), \
		(sig, act, old), act, old)                                     \
	X(sighandler_t, signal, (int sig, sighandler_t handler),               \
		(sig, handler), NULL)                                          \
	X(sighandler_t, bsd_signal, (int sig, sighandler_t handler),           \
		(sig, handler), NULL)                                          \
	X(sighandler_t, ssignal, (int sig, sighandler_t handler),              \
		(sig, handler), NULL)                                          \
	X(sighandler_t, sysv_signal, (int sig, sighandler_t handler),          \
		(sig, handler), NULL)                                          \
	X(sighandler_t, __sysv_signal, (int sig, sighandler_t handler),        \
		(sig, handler), NULL)                                          \
	X(sighandler_t, sigset, (int sig, sighandler_t handler),               \
		(sig, handler), NULL)

#define FOR_EACH_SHIM(X)                                                       \
	FOR_EACH_BLOCKING(X)                                                   \
	FOR_EACH_SPECIAL_BLOCKING(X)                                           \
	FOR_EACH_PLAIN(X)                                                      \
	FOR_EACH_SIGNAL_FUNCTION(X)                                            \
	FOR_EACH_EXEC(X)                                                       \
	FOR_EACH_HELD_FUNCTION(X)                                              \
	FOR_EACH_FILTER_FUNCTION(X)                                            \
	FOR_EACH_THREAD_FUNCTION(X)

#endif
