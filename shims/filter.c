/*
 * filter: a seccomp filter is about to come.
 *
 *   prctl, syscall --PR_SET_SECCOMP, SECCOMP_SET_MODE_...--> coming()
 *                                                        --> world.is_over
 *                                                        --> the real call
 *
 * A filter may kill for a call that it does not list, and programs list what
 * they and libc use: not what a collector does.  Nor can one ask afterwards
 * what a filter does, since that is a call, too.  So the collector is told
 * before, whatever the filter says, and has ended when the filter comes.
 * Containers put theirs on before the program begins; those are not seen here.
 *
 * A null pointer in the place of a filter only asks what the kernel knows.
 *
 * Context: mutator.
 */
#include "shims/filter.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "shims/real.h"
#include "shims/world.h"

static bool (*filter_coming)(void); /* atomic */

void filter_watch(bool (*coming)(void))
{
	store_release(&filter_coming, coming); /* pairs: filter_note_call */
}

static bool filter_is_set_by(long number, const long *a)
{
	if (number == SYS_seccomp)
		return a[0] == SECCOMP_SET_MODE_STRICT ||
		       (a[0] == SECCOMP_SET_MODE_FILTER && a[2] != 0);
	return number == SYS_prctl && a[0] == PR_SET_SECCOMP &&
	       (a[1] == SECCOMP_MODE_STRICT ||
		       (a[1] == SECCOMP_MODE_FILTER && a[2] != 0));
}

void filter_note_call(long number, const long *arguments)
{
	if (likely(!filter_is_set_by(number, arguments)))
		return;
	/* pairs: filter_watch */
	bool (*coming)(void) = load_acquire(&filter_coming);
	/* The child of vfork has our memory, but its own filters. */
	if (coming == NULL || !world_is_ours())
		return;
	if (coming())
		store_relaxed(&world.is_over, true);
}

SHIM __attribute__((no_sanitize("address"))) int prctl(int option, ...)
{
	va_list args;
	long a[5] = {option};

	va_start(args, option);
	for (int i = 1; i < 5; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (unlikely(world_is_watched()))
		filter_note_call(SYS_prctl, a);
	return REAL(prctl)(option, a[1], a[2], a[3], a[4]);
}
