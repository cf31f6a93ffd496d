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
	X(int, pthread_mutex_lock, (pthread_mutex_t * m), (m), m)

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

/* shims/threads.c */
#define FOR_EACH_THREAD_FUNCTION(X)                                            \
	X(int, pthread_create,                                                 \
		(pthread_t * id, const pthread_attr_t *attr,                   \
			void *(*start)(void *), void *arg),                    \
		(id, attr, start, arg), id, attr, arg)

#define FOR_EACH_SHIM(X)                                                       \
	FOR_EACH_BLOCKING(X)                                                   \
	FOR_EACH_SPECIAL_BLOCKING(X)                                           \
	FOR_EACH_PLAIN(X)                                                      \
	FOR_EACH_THREAD_FUNCTION(X)

#endif
