/*
 * dirty_soft: writes found by the kernel's soft-dirty bits.
 *
 * Writing 4 to /proc/self/clear_refs clears the bit of every page of the
 * process and protects the pages, so that a write sets it again; pagemap shows
 * it (bit 55).  A mapping that is made later is dirty as a whole.  So a cycle
 * clears once, at its beginning, and tracks all there is.
 *
 * Looking and clearing are two steps, and clearing is for all pages: a write
 * between the two would be lost.  So nothing is cleared while a cycle runs,
 * and a scan reports all that was written since it began.
 *
 * Assumes: the kernel has CONFIG_MEM_SOFT_DIRTY (x86-64, s390, powerpc; most
 *          distributions).  Without it clear_refs accepts the 4 and bit 55 is
 *          never set, which the trial in dirty.c finds out.
 *          Nobody else clears the bits while a cycle runs: checkpointing
 *          (CRIU) does, with the process stopped.
 */
#include <fcntl.h>

#include "core/syscall.h"
#include "gc/dirty_rung.h"

static int clear_fd = -1;

static void soft_forget(void)
{
	clear_fd = -1;
	pagemap_forget();
}

static void soft_close(void)
{
	if (clear_fd >= 0)
		syscall1(SYS_close, clear_fd);
	clear_fd = -1;
	pagemap_close();
}

static bool soft_open(void)
{
	const long fd = syscall4(SYS_openat, AT_FDCWD,
		"/proc/thread-self/clear_refs", O_WRONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return false;
	clear_fd = (int)fd;
	if (pagemap_open())
		return true;
	soft_close();
	return false;
}

static bool soft_begin(void)
{
	return syscall3(SYS_write, clear_fd, "4", 1) == 1;
}

static bool soft_arm(uintptr_t lo, uintptr_t hi)
{
	return lo <= hi; /* all of the process has been armed */
}

const struct dirty_rung dirty_rung_softdirty = {BARRIER_SOFTDIRTY, soft_open,
	soft_close, soft_forget, soft_begin, soft_arm, pagemap_visit_soft_dirty,
	NULL};
