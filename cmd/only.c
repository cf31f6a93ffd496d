/*
 * only: libgoalloc-only.so, which goes along into every process of a
 * "goalloc run --only NAME" and has no malloc of its own.
 *
 *   LD_PRELOAD=...only.so            in every process, as seen by getenv
 *   LD_PRELOAD=...only.so:lib.so     handed to exec where the file is NAME
 *
 * malloc is bound when a process starts and cannot be given back later, so
 * the choice is made by whoever calls exec: the wrappers below add the
 * library to LD_PRELOAD, or leave it out, by the name of the file.  The
 * constructor takes it out of this process's own environment again, so that
 * exec calls inside libc (system, popen) hand on the short form.
 *
 * A caller may be a child of vfork: nothing here allocates, and arrays lie on
 * the stack.  A process that no dynamic program has started, or that gets an
 * environment without LD_PRELOAD, is left alone, and so are its children.
 *
 * Context:    any; after vfork too.
 */
#include "cmd/only.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static const char *only_name = "";    /* the program that is meant */
static const char *only_library = ""; /* what it is to be given */

static struct {
	int (*execve)(const char *, char *const *, char *const *);
	int (*execvpe)(const char *, char *const *, char *const *);
	int (*fexecve)(int, char *const *, char *const *);
	int (*execveat)(int, const char *, char *const *, char *const *, int);
	int (*posix_spawn)(pid_t *, const char *,
		const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
		char *const *, char *const *);
	int (*posix_spawnp)(pid_t *, const char *,
		const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
		char *const *, char *const *);
} next; /* the definitions behind ours */

static bool is_preload(const char *variable)
{
	return strncmp(variable, "LD_PRELOAD=", 11) == 0;
}

/* Takes ":path" out of the list, in place. */
static void remove_path(char *list, const char *path)
{
	size_t len = strlen(path);

	for (char *at = list; len > 0 && (at = strstr(at, path)) != NULL;) {
		char *end = at + len;
		if (at == list || at[-1] != ':' ||
			(*end != '\0' && *end != ':')) {
			at = end;
			continue;
		}
		memmove(at - 1, end, strlen(end) + 1);
	}
}

static void *definition(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void find_next(void)
{
	*(void **)&next.execve = definition("execve");
	*(void **)&next.execvpe = definition("execvpe");
	*(void **)&next.fexecve = definition("fexecve");
	*(void **)&next.execveat = definition("execveat");
	*(void **)&next.posix_spawn = definition("posix_spawn");
	*(void **)&next.posix_spawnp = definition("posix_spawnp");
}

__attribute__((constructor)) static void only_init(void)
{
	const char *name = getenv(ONLY_VAR_NAME);
	const char *library = getenv(ONLY_VAR_LIBRARY);
	char *list = getenv("LD_PRELOAD");

	find_next();
	if (name == NULL || library == NULL)
		return;
	only_name = name;
	only_library = library;
	if (list != NULL)
		remove_path(list, library);
}

/* Room for an environment with another LD_PRELOAD. */
struct only_env {
	char list[2 * PATH_MAX]; /* "LD_PRELOAD=..." */
	char **vars;             /* as exec wants them */
};

static size_t count(char *const *array)
{
	size_t n = 0;

	while (array != NULL && array[n] != NULL)
		n++;
	return n;
}

/*
 * The environment for the file `path`: envp, or what is built in e, whose
 * vars has room for it.
 */
static char *const *env_for(
	struct only_env *e, const char *path, char *const *envp)
{
	size_t n = count(envp), at = 0;

	while (at < n && !is_preload(envp[at]))
		at++;
	if (at == n ||
		strlen(envp[at]) + strlen(only_library) + 2 > sizeof e->list)
		return envp;
	strcpy(e->list, envp[at]);
	remove_path(e->list + 11, only_library);
	if (*only_name != '\0' && only_is_meant(path, only_name)) {
		strcat(e->list, ":");
		strcat(e->list, only_library);
	}
	memcpy(e->vars, envp, (n + 1) * sizeof *e->vars);
	e->vars[at] = e->list;
	return e->vars;
}

/* An only_env on the caller's stack. */
#define ONLY_ENV(e, envp)                                                      \
	char *vars_[count(envp) + 1];                                          \
	struct only_env e;                                                     \
	e.vars = vars_

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	ONLY_ENV(e, envp);
	return next.execve(path, argv, env_for(&e, path, envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	ONLY_ENV(e, envp);
	return next.execvpe(file, argv, env_for(&e, file, envp));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* The file that a descriptor is open on. */
static const char *fd_path(char buf[PATH_MAX], int fd)
{
	char link[32];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, buf, PATH_MAX - 1);
	buf[len > 0 ? len : 0] = '\0';
	return buf;
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	char path[PATH_MAX];
	ONLY_ENV(e, envp);

	return next.fexecve(fd, argv, env_for(&e, fd_path(path, fd), envp));
}

EXPORT int execveat(int fd, const char *path, char *const argv[],
	char *const envp[], int flags)
{
	char buf[PATH_MAX];
	ONLY_ENV(e, envp);

	const char *file = *path != '\0' ? path : fd_path(buf, fd);
	return next.execveat(fd, path, argv, env_for(&e, file, envp), flags);
}

EXPORT int posix_spawn(pid_t *pid, const char *path,
	const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	ONLY_ENV(e, envp);
	return next.posix_spawn(
		pid, path, actions, attr, argv, env_for(&e, path, envp));
}

EXPORT int posix_spawnp(pid_t *pid, const char *file,
	const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	ONLY_ENV(e, envp);
	return next.posix_spawnp(
		pid, file, actions, attr, argv, env_for(&e, file, envp));
}

/* The words of an execl call, its NULL included. */
static size_t count_words(va_list words)
{
	size_t n = 1;

	while (va_arg(words, const char *) != NULL)
		n++;
	return n;
}

static void take_words(char **argv, const char *first, va_list words)
{
	*argv = (char *)(uintptr_t)first; /* exec writes to none */
	while (*argv != NULL)
		*++argv = va_arg(words, char *);
}

/* Defines argv from the words behind `first`; leaves `words` at the end. */
#define ONLY_WORDS(argv, words, first)                                         \
	va_list words;                                                         \
	va_start(words, first);                                                \
	char *argv[1 + count_words(words)];                                    \
	va_end(words);                                                         \
	va_start(words, first);                                                \
	take_words(argv, first, words)

EXPORT int execl(const char *path, const char *first, ...)
{
	ONLY_WORDS(argv, words, first);
	va_end(words);
	return execve(path, argv, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	ONLY_WORDS(argv, words, first);
	va_end(words);
	return execvpe(file, argv, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	ONLY_WORDS(argv, words, first);
	char *const *envp = va_arg(words, char *const *);
	va_end(words);
	return execve(path, argv, envp);
}
