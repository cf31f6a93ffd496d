/*
 * dump: the names of files.
 *
 * Locking:    none; numbers are atomic.
 */
#include "prof/dump.h"

#include <stdint.h>

#include "core/atomics.h"
#include "core/fatal.h"
#include "core/options.h"
#include "core/syscall.h"
#include "prof/profile.h"

enum { PATH_MAX_HERE = 1024 /* a directory, the option, what is added */ };

static char prefix[PATH_MAX_HERE];
static uint32_t ninterval, nsignal; /* files of that kind so far */

void dump_set_prefix(const char *path)
{
	size_t n = 0;

	if (path[0] != '\0' && path[0] != '/') {
		long got = syscall2(
			SYS_getcwd, prefix, sizeof prefix - OPTION_TEXT_MAX);
		n = got > 0 ? (size_t)got - 1 : 0; /* its 0 is counted */
		if (n > 0)
			prefix[n++] = '/';
	}
	format(prefix + n, sizeof prefix - n, "%s", path);
}

bool dump_is_wanted(void)
{
	return prefix[0] != '\0';
}

/* The part of the name that says what for. */
static void dump_name(char *name, size_t size, enum dump_reason reason)
{
	bool by_signal = reason == DUMP_SIGNAL;

	if (reason != DUMP_INTERVAL && reason != DUMP_SIGNAL) {
		format(name, size, "%s",
			reason == DUMP_EXIT   ? "exit"
			: reason == DUMP_PEAK ? "peak"
					      : "leaks");
		return;
	}
	unsigned n = fetch_add_relaxed(by_signal ? &nsignal : &ninterval, 1);
	n++;
	format(name, size, "%c%s%u", by_signal ? 's' : 'i',
		n < 10     ? "000"
		: n < 100  ? "00"
		: n < 1000 ? "0"
			   : "",
		n);
}

int dump_write(enum dump_reason reason)
{
	char path[PATH_MAX_HERE + 64], name[24];
	enum profile_format kind = (enum profile_format)options.profile_format;

	if (!dump_is_wanted())
		return 0;
	dump_name(name, sizeof name, reason);
	format(path, sizeof path, "%s.%d.%s.%s", prefix,
		(int)syscall0(SYS_getpid), name,
		kind == PROFILE_PB ? "pb.gz" : "heap");
	enum profile_view view = reason == DUMP_PEAK    ? PROFILE_PEAK
				 : reason == DUMP_LEAKS ? PROFILE_LOST
							: PROFILE_NOW;
	return profile_write_file(path, view, kind);
}

void dump_write_or_say(enum dump_reason reason)
{
	int error = dump_write(reason);

	if (error != 0)
		say("heap profile %s: error %d", prefix, error);
}

void dump_fork_child(void)
{
	store_relaxed(&ninterval, 0);
	store_relaxed(&nsignal, 0);
}
