/*
 * credentials: setuid and its like, for the library's own threads too.
 *
 *   setuid --> libc's: every thread that libc knows --> ours end, start anew
 *
 * For the kernel, user and group are a thread's.  libc passes a change on to
 * all its threads; it does not know those of core/os_thread_linux.c, which
 * would keep the rights that the program has given up.  A thread inherits from
 * the one that starts it, so those that are started after the change are right.
 *
 * A handler that has interrupted malloc cannot wait for them: from there the
 * collector's thread keeps what it has, until it ends.
 *
 * Context:    mutator, its handlers; the child of vfork, which has none of our
 *             threads.
 */
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/atomics.h"
#include "core/scavenger.h"
#include "core/thread.h"
#include "gc/gc.h"
#include "preload/exports.h"

/* The change was made: whoever is still at work has the old ones. */
static void credentials_changed(void)
{
	const int saved_errno = errno;

	if (thread_self()->busy)
		return;
	scavenger_stop();
	gc_note_credentials();
	errno = saved_errno;
}

/* X(name, parameters, arguments) */
#define FOR_EACH_CREDENTIALS(X)                                                \
	X(setuid, (uid_t uid), (uid))                                          \
	X(setgid, (gid_t gid), (gid))                                          \
	X(seteuid, (uid_t uid), (uid))                                         \
	X(setegid, (gid_t gid), (gid))                                         \
	X(setreuid, (uid_t real, uid_t effective), (real, effective))          \
	X(setregid, (gid_t real, gid_t effective), (real, effective))          \
	X(setresuid, (uid_t real, uid_t effective, uid_t saved),               \
		(real, effective, saved))                                      \
	X(setresgid, (gid_t real, gid_t effective, gid_t saved),               \
		(real, effective, saved))                                      \
	X(setgroups, (size_t n, const gid_t *list), (n, list))                 \
	X(initgroups, (const char *user, gid_t group), (user, group))

#define CREDENTIALS_FUNCTION(name, params, args)                               \
	EXPORT int name params                                                 \
	{                                                                      \
		static int(*next) params;                                      \
		int(*found) params = load_relaxed(&next);                      \
                                                                               \
		if (found == NULL) {                                           \
			*(void **)&found = dlsym(RTLD_NEXT, #name);            \
			store_relaxed(&next, found);                           \
		}                                                              \
		if (found == NULL) {                                           \
			errno = ENOSYS;                                        \
			return -1;                                             \
		}                                                              \
		const int result = found args;                                 \
		if (result == 0)                                               \
			credentials_changed();                                 \
		return result;                                                 \
	}

FOR_EACH_CREDENTIALS(CREDENTIALS_FUNCTION)
