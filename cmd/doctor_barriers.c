/*
 * doctor_barriers: how writes to the heap can be seen during a mark.
 *
 *   1 userfaultfd   the system call, write-protected asynchronously (6.7)
 *   2 /dev/uffd     the same by a device file, where the call is forbidden
 *   3 snapshot      a raw clone that nobody else sees
 *   4 soft-dirty    clear_refs and pagemap
 *   5 stop          none of these: the program waits during the mark
 *
 * Each of 1, 2 and 4 protects a page, writes to it and asks whether the
 * kernel saw that.
 *
 * Context:    one thread; probes run in a child.
 * Assumes:    the constants of Linux 6.7, which older headers lack.
 */
#include "cmd/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	USER_MODE_ONLY = 1,
	FEATURE_WP_UNPOPULATED = 1 << 13,
	FEATURE_WP_ASYNC = 1 << 15,
	SCAN_WP_MATCHING = 1 << 0,
	SCAN_CHECK_WPASYNC = 1 << 1,
	SCAN_IS_WRITTEN = 1 << 1,
	SCAN_IS_PRESENT = 1 << 3,
};

/* struct pm_scan_arg of linux/fs.h. */
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask;
	uint64_t return_mask;
};

/* struct page_region of linux/fs.h. */
struct scan_region {
	uint64_t start, end, categories;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)
#define UFFD_NEW   _IO(0xAA, 0x00)

/* Whether page p was written since it was armed; arms it. */
static int scan_written(int pagemap, char *p, size_t size, bool *written)
{
	struct scan_region region[4];
	struct scan_arg arg = {
		.size = sizeof arg,
		.flags = SCAN_WP_MATCHING | SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)p,
		.end = (uintptr_t)p + size,
		.vec = (uintptr_t)region,
		.vec_len = 4,
		.category_mask = SCAN_IS_WRITTEN | SCAN_IS_PRESENT,
		.return_mask = SCAN_IS_WRITTEN | SCAN_IS_PRESENT,
	};

	int n = ioctl(pagemap, SCAN_IOCTL, &arg);
	*written = n > 0;
	return n < 0 ? errno : 0;
}

/* Arms a page through an open userfaultfd and sees whether it works. */
static int probe_uffd(int fd)
{
	struct uffdio_api api = {.api = UFFD_API,
		.features = FEATURE_WP_ASYNC | FEATURE_WP_UNPOPULATED};
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	bool first, quiet, after;

	if (fd < 0)
		return errno;
	if (ioctl(fd, UFFDIO_API, &api) != 0)
		return errno;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = {
		.range = {.start = (uintptr_t)p, .len = size},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	if (p == MAP_FAILED || ioctl(fd, UFFDIO_REGISTER, &reg) != 0)
		return errno;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return errno;
	*(volatile char *)p = 1;
	int error = scan_written(pagemap, p, size, &first);
	if (error == 0)
		error = scan_written(pagemap, p, size, &quiet);
	*(volatile char *)p = 2;
	if (error == 0)
		error = scan_written(pagemap, p, size, &after);
	if (error != 0)
		return error;
	return first && !quiet && after ? 0 : PROBE_NO_EFFECT;
}

static int probe_uffd_call(void)
{
	return probe_uffd((int)syscall(
		SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY));
}

static int probe_uffd_device(void)
{
	int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);

	if (device < 0)
		return errno;
	return probe_uffd(ioctl(device, UFFD_NEW, O_CLOEXEC | O_NONBLOCK));
}

/* A child that shares nothing but the table of files, and sends no SIGCHLD. */
static int probe_snapshot(void)
{
	int status = -1;

	long child = syscall(
		SYS_clone, CLONE_FILES | CLONE_FS, NULL, NULL, NULL, NULL);
	if (child == 0)
		_exit(0);
	if (child < 0)
		return errno;
	if (waitpid((pid_t)child, &status, __WCLONE) != child)
		return errno;
	return status == 0 ? 0 : PROBE_NO_EFFECT;
}

static bool is_soft_dirty(int pagemap, const char *p)
{
	uint64_t entry = 0;
	off_t at = (off_t)((uintptr_t)p / (uintptr_t)sysconf(_SC_PAGESIZE) * 8);

	return pread(pagemap, &entry, 8, at) == 8 && (entry >> 55 & 1) != 0;
}

static int probe_soft_dirty(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int clear = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (p == MAP_FAILED || pagemap < 0 || clear < 0)
		return errno;
	*(volatile char *)p = 1;
	bool before = is_soft_dirty(pagemap, p);
	if (write(clear, "4", 1) != 1)
		return errno;
	bool cleared = !is_soft_dirty(pagemap, p);
	*(volatile char *)p = 2;
	bool after = is_soft_dirty(pagemap, p);
	return before && cleared && after ? 0 : PROBE_NO_EFFECT;
}

struct rung {
	const char *name;
	int (*probe)(void);
	const char *what; /* when it works */
	const char *cure; /* when it does not, and something can be done */
};

static const struct rung rungs[] = {
	{"userfaultfd", probe_uffd_call,
		"pages written are found by the kernel",
		"needs Linux 6.7 and a sandbox that lets userfaultfd(2) pass"},
	{"/dev/userfaultfd", probe_uffd_device,
		"pages written are found by the kernel",
		"let the container have the device, readable and writable"},
	{"snapshot", probe_snapshot, "a forked copy can be marked", NULL},
	{"soft-dirty", probe_soft_dirty,
		"pages written are found by the kernel", NULL},
};

void doctor_check_barriers(void)
{
	const char *best = NULL;

	for (size_t i = 0; i < sizeof rungs / sizeof rungs[0]; i++) {
		const struct rung *r = &rungs[i];
		struct probe_result result = doctor_probe(r->probe);
		if (result.works)
			doctor_say(VERDICT_OK, r->name, NULL, "%s", r->what);
		else
			doctor_say(VERDICT_NOTE, r->name,
				best == NULL ? r->cure : NULL, "%s",
				doctor_why(result));
		if (result.works && best == NULL)
			best = r->name;
	}
	if (best == NULL)
		doctor_say(VERDICT_BITES, "with GOGC set",
			"make one of the above work, or leave GOGC unset",
			"the program waits for the whole of each mark");
	else
		doctor_say(VERDICT_OK, "with GOGC set", NULL, "uses %s", best);
}
