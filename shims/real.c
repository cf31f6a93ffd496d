/*
 * real: looking the next definitions up.
 *
 *   real.read = find_read --first call--> dlsym(RTLD_NEXT, "read")
 *
 * Functions that a libc does not have are found all the same: their pointer
 * leads to real_missing, which says ENOSYS as the kernel would.
 *
 * Locking:    none of ours; dlsym takes ld.so's.  Two threads that look for
 *             the same name find the same, so the store needs no order.
 * Assumes:    dlsym finds the default version of a name, which is what all
 *             but the oldest programs are linked with.
 */
#include "shims/real.h"

#include <dlfcn.h>
#include <errno.h>

#include "core/fatal.h"

static long real_missing(void)
{
	errno = ENOSYS;
	return -1;
}

static void *real_find(const char *name)
{
	const int saved_errno = errno;
	void *next = dlsym(RTLD_NEXT, name);

	errno = saved_errno;
	return next != NULL ? next : (void *)real_missing;
}

/* A call through a pointer that has not been used before. */
#define REAL_FINDER(type, name, params, args, ...)                             \
	COLD static type find_##name params                                    \
	{                                                                      \
		type(*next) params = real_find(#name);                         \
                                                                               \
		store_relaxed(&real.name, next);                               \
		return next args;                                              \
	}

FOR_EACH_SHIM(REAL_FINDER)

struct real_functions real = {
#define REAL_INIT(type, name, params, args, ...) .name = find_##name,
	FOR_EACH_SHIM(REAL_INIT)
#undef REAL_INIT
};

void real_find_all(void)
{
#define REAL_FIND(type, name, params, args, ...)                               \
	store_relaxed(&real.name, (type(*) params)real_find(#name));
	FOR_EACH_SHIM(REAL_FIND)
#undef REAL_FIND
}
