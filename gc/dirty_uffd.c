/*
 * dirty_uffd: writes found by userfaultfd's asynchronous write protection.
 *
 *   unregistered --register--> written <--program writes--+
 *                                 |                       |
 *                                 +--PAGEMAP_SCAN arms--> armed
 *
 * In a registered mapping a page table entry may be armed.  The first write
 * to an armed page, by the program or by the kernel on its behalf (read(2)
 * into it), disarms it and goes on: no signal, no message, no thread of ours.
 * PAGEMAP_SCAN lists the pages that are not armed (gc/pagemap.c).
 *
 * There are two ways to the same file: userfaultfd(2), which containers' usual
 * seccomp filter forbids, and /dev/userfaultfd, which permissions may.  User
 * mode only suffices: an asynchronous fault never waits for a handler.
 *
 * A registration is lost where the program maps something else (MAP_FIXED),
 * moves the mapping (mremap), or closes the file; the scan says so by EPERM.
 * A range where the program has a userfaultfd of its own answers EBUSY and
 * stays as it is: not tracked.
 *
 * Registered memory stays registered and armed when a cycle ends: to disarm
 * costs 94-127 ns per page, to arm again what was written 15-20 ns.
 *
 * Assumes: Linux 6.7 (WP_ASYNC, which implies WP_UNPOPULATED).
 *          Before 6.13 mremap leaves moved pages armed though their new
 *          mapping is not, so that writes to them leave no trace; where a
 *          mapping turns out not to be registered, armed pages in it are not
 *          believed but armed once more, with UFFDIO_WRITEPROTECT.
 *          MADV_DONTNEED leaves pages that read as nothing new: zero, or for
 *          a file what the file has.
 *          Shared memory may be registered as well, but only what is written
 *          through this mapping is found: not another process's writes, nor
 *          write(2) to the file.
 *
 * Context: no libc; the coordinator opens and arms, any worker scans.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>

#include "core/syscall.h"
#include "gc/dirty_rung.h"
#include "gc/linux_pagemap.h"

enum { UFFD_OPEN_FLAGS = O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY };

static int uffd = -1;

static void uffd_forget(void)
{
	uffd = -1;
	pagemap_forget();
}

static void uffd_close(void)
{
	if (uffd >= 0)
		syscall1(SYS_close, uffd); /* unregisters everything */
	uffd = -1;
	pagemap_close();
}

/* Takes the new file if it can do what is needed. */
static bool uffd_adopt(long fd)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = LINUX_UFFD_FEATURE_WP_ASYNC};

	if (fd < 0)
		return false;
	uffd = (int)fd;
	if (syscall3(SYS_ioctl, fd, UFFDIO_API, &api) == 0 && pagemap_open())
		return true;
	uffd_close();
	return false;
}

static bool uffd_open(void)
{
	return uffd_adopt(syscall1(SYS_userfaultfd, UFFD_OPEN_FLAGS));
}

static bool devuffd_open(void)
{
	const long device = syscall4(SYS_openat, AT_FDCWD, "/dev/userfaultfd",
		O_RDWR | O_CLOEXEC, 0);

	if (device < 0)
		return false;
	const long fd = syscall3(
		SYS_ioctl, device, USERFAULTFD_IOC_NEW, UFFD_OPEN_FLAGS);
	syscall1(SYS_close, device);
	return uffd_adopt(fd);
}

static bool uffd_begin(void)
{
	return true;
}

static bool uffd_register(uintptr_t lo, uintptr_t hi)
{
	struct uffdio_register r = {
		.range = {lo, hi - lo}, .mode = UFFDIO_REGISTER_MODE_WP};

	return syscall3(SYS_ioctl, uffd, UFFDIO_REGISTER, &r) == 0;
}

/* Arms a run of pages whatever they say they are. */
static void uffd_protect(uintptr_t lo, uintptr_t hi, void *arg)
{
	bool *done = arg;
	struct uffdio_writeprotect w = {
		.range = {lo, hi - lo}, .mode = UFFDIO_WRITEPROTECT_MODE_WP};

	if (syscall3(SYS_ioctl, uffd, UFFDIO_WRITEPROTECT, &w) != 0)
		*done = false;
}

static bool uffd_arm(uintptr_t lo, uintptr_t hi)
{
	bool done = true;

	if (pagemap_arm(lo, hi)) /* registered in an earlier cycle */
		return true;
	return uffd_register(lo, hi) &&
	       pagemap_visit_armed(lo, hi, uffd_protect, &done) && done &&
	       pagemap_arm(lo, hi);
}

const struct dirty_rung dirty_rung_uffd = {BARRIER_UFFD, uffd_open, uffd_close,
	uffd_forget, uffd_begin, uffd_arm, pagemap_visit_written,
	pagemap_rearm_written};

const struct dirty_rung dirty_rung_devuffd = {BARRIER_DEVUFFD, devuffd_open,
	uffd_close, uffd_forget, uffd_begin, uffd_arm, pagemap_visit_written,
	pagemap_rearm_written};
