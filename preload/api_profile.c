/*
 * api_profile: the functions of goalloc.h that the recorder has too.
 *
 * Context:    mutator.
 */
#define GOALLOC_API EXPORT

#include "preload/exports.h"
#include "include/goalloc.h"

#include <stdbool.h>
#include <string.h>

#include "core/thread.h"
#include "preload/profiler.h"
#include "prof/profile.h"

static bool is_text(const char *path)
{
	static const char suffix[] = ".heap";
	size_t n = strlen(path), tail = sizeof suffix - 1;

	return n >= tail && strcmp(path + n - tail, suffix) == 0;
}

/* To the file, or where there is none to fd.  0 or an errno. */
static int write_to(const char *path, int fd)
{
	struct thread *t = thread_self();

	if (!profiler_has_started())
		return ENODATA;
	if (t->busy) /* a handler that interrupted malloc */
		return EDEADLK;
	thread_enter(t);
	int error;
	if (path == NULL)
		error = profile_write(fd, PROFILE_NOW, PROFILE_PB);
	else
		error = profile_write_file(path, PROFILE_NOW,
			is_text(path) ? PROFILE_TEXT : PROFILE_PB);
	thread_leave(t);
	return error;
}

static int result_of(int error)
{
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

EXPORT int goalloc_write_heap_profile(int fd)
{
	return result_of(write_to(NULL, fd));
}

EXPORT int goalloc_write_heap_profile_to(const char *path)
{
	return result_of(write_to(path, -1));
}

EXPORT int goalloc_set_mem_profile_rate(int rate)
{
	return rate < 0 ? -1 : (int)profiler_set_rate((uint32_t)rate);
}
