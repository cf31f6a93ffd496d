/*
 * memlimit: the memory limit that the process's cgroups set.
 *
 * GOMEMLIMIT=auto asks for it.  Both versions of cgroups count, and all
 * groups from the process's own up to the root that it can see: the least
 * limit binds.
 */
#ifndef GC_MEMLIMIT_H
#define GC_MEMLIMIT_H

#include <stddef.h>
#include <stdint.h>

#define MEMLIMIT_NONE INT64_MAX

enum {
	/*
	 * Of the cgroup's limit, what the collector aims at.  The rest is for
	 * what the kernel charges besides: page tables, sockets, files, other
	 * processes of the group.
	 */
	MEMLIMIT_PERCENT = 90,
};

/* Where files come from: the kernel, or a test. */
struct memlimit_files {
	/*
	 * Copies up to size bytes of a file to buf; returns how many,
	 * negative: it cannot be read.
	 */
	long (*read)(void *arg, const char *path, char *buf, size_t size);
	void *arg; /* for read */
};

/*
 * The least limit in bytes that the files tell; MEMLIMIT_NONE: none.  buf is
 * work space for /proc/self/cgroup and /proc/self/mountinfo.
 */
int64_t memlimit_find(
	const struct memlimit_files *files, char *buf, size_t size);

/*
 * What GOMEMLIMIT=auto stands for now, in bytes; MEMLIMIT_NONE: no limit.
 * Takes a few system calls per level of the hierarchy.  Context: any.
 */
int64_t memlimit_auto(void);

#endif
