/*
 * os on Linux.
 *
 * Calls the kernel directly (core/syscall.h): free() must not change errno,
 * and a helper thread has no TLS.
 *
 * Assumes: a MAP_FIXED_NOREPLACE that the kernel does not know is taken as a
 *          hint (before 4.17): the address is compared.
 *          MADV_DONTNEED on private anonymous memory leaves zero pages.
 *          MREMAP_DONTUNMAP (5.7) leaves the source mapped and empty; an
 *          older kernel answers EINVAL.
 */
#include "core/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "core/atomics.h"
#include "core/fatal.h"
#include "core/options.h"
#include "core/syscall.h"

enum {
	MAP_FLAGS = MAP_PRIVATE | MAP_ANONYMOUS,
	ACCOUNTING_UNKNOWN = 0,
	ACCOUNTING_ON_TOUCH,
	ACCOUNTING_ON_COMMIT,
};

size_t os_page_size = 4096;

static int accounting; /* ACCOUNTING_*; racing writers store the same */

static bool is_error(long result)
{
	return result < 0 && result >= -4095;
}

void os_init(void)
{
	unsigned long size = getauxval(AT_PAGESZ);

	if (size != 0)
		os_page_size = size;
}

static void *map_anywhere(size_t size, int prot, int flags)
{
	long p = syscall6(SYS_mmap, 0, (long)size, prot, flags, -1, 0);

	return is_error(p) ? NULL : (void *)p;
}

void *os_map(size_t size)
{
	return map_anywhere(size, PROT_READ | PROT_WRITE, MAP_FLAGS);
}

void os_unmap(void *p, size_t size)
{
	syscall2(SYS_munmap, p, size);
}

void *os_reserve(size_t size)
{
	return map_anywhere(size, PROT_NONE, MAP_FLAGS | MAP_NORESERVE);
}

enum os_reserve_result os_reserve_at(uintptr_t addr, size_t size)
{
	int flags = MAP_FLAGS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
	long p = syscall6(
		SYS_mmap, (long)addr, (long)size, PROT_NONE, flags, -1, 0);

	if (p == -EEXIST)
		return OS_TAKEN;
	if (p == -ENOMEM || p == -EAGAIN) /* EAGAIN: RLIMIT_MEMLOCK */
		return OS_NO_MEMORY;
	if (is_error(p))
		fatal("os_reserve_at 0x%lx+0x%zx: error %ld", addr, size, -p);
	if ((uintptr_t)p != addr) {
		os_unmap((void *)p, size);
		return OS_TAKEN;
	}
	return OS_RESERVED;
}

bool os_commit(uintptr_t addr, size_t size)
{
	long r = syscall3(SYS_mprotect, addr, size, PROT_READ | PROT_WRITE);

	if (r != 0 && r != -ENOMEM)
		fatal("os_commit 0x%lx+0x%zx: error %ld", addr, size, -r);
	return r == 0;
}

static void uncommit(uintptr_t addr, size_t size)
{
	int flags = MAP_FLAGS | MAP_NORESERVE | MAP_FIXED;

	/* Fails only where the map count is exhausted: then it stays charged.
	 */
	if (is_error(syscall6(
		    SYS_mmap, (long)addr, (long)size, PROT_NONE, flags, -1, 0)))
		syscall3(SYS_madvise, addr, size, MADV_DONTNEED);
}

void os_purge(uintptr_t addr, size_t size)
{
	long r = syscall3(SYS_madvise, addr, size, MADV_DONTNEED);

	if (r == -EINVAL) /* locked pages (mlock) stay; zero them instead */
		__builtin_memset((void *)addr, 0, size);
	else if (r != 0)
		fatal("os_purge 0x%lx+0x%zx: error %ld", addr, size, -r);
}

void os_release(uintptr_t addr, size_t size)
{
	if (os_release_uncommits())
		uncommit(addr, size);
	else if (options.madvdontneed ||
		 syscall3(SYS_madvise, addr, size, MADV_FREE) != 0)
		os_purge(addr, size);
}

static int accounting_read(void)
{
	char mode = 0;
	long fd = syscall4(SYS_openat, AT_FDCWD,
		"/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC, 0);

	if (!is_error(fd)) {
		syscall3(SYS_read, fd, &mode, 1);
		syscall1(SYS_close, fd);
	}
	return mode == '2' ? ACCOUNTING_ON_COMMIT : ACCOUNTING_ON_TOUCH;
}

bool os_release_uncommits(void)
{
	if (options.harddecommit)
		return true;

	int known = load_relaxed(&accounting);
	if (unlikely(known == ACCOUNTING_UNKNOWN)) {
		known = accounting_read();
		store_relaxed(&accounting, known);
	}
	return known == ACCOUNTING_ON_COMMIT;
}

bool os_move(uintptr_t from, uintptr_t to, size_t size)
{
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

	return !is_error(syscall5(SYS_mremap, from, size, size, flags, to));
}

void os_reset(uintptr_t addr, size_t size)
{
	int prot = PROT_READ | PROT_WRITE;
	int flags = MAP_FLAGS | MAP_NORESERVE | MAP_FIXED;

	if (os_release_uncommits() || is_error(syscall6(SYS_mmap, (long)addr,
					      (long)size, prot, flags, -1, 0)))
		os_release(addr, size);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now = {0, 0};

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t os_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

uint64_t os_precise_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t os_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t os_thread_cpu_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t os_random(void)
{
	const char *bytes = (const char *)getauxval(AT_RANDOM);
	uint64_t word = 0;

	/* The first 8 bytes are the stack protector's and pointer guard's. */
	if (bytes != NULL) /* 16 of them, at any address */
		__builtin_memcpy(&word, bytes + 8, sizeof word);
	return word * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t os_physical_memory(void)
{
	struct sysinfo info;

	if (syscall1(SYS_sysinfo, &info) != 0)
		return UINT64_C(1) << 32;
	return (uint64_t)info.totalram * info.mem_unit;
}

uint64_t os_address_space_limit(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	syscall4(SYS_prlimit64, 0, RLIMIT_AS, NULL, &limit);
	return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

void os_futex_wait(uint32_t *word, uint32_t value)
{
	syscall4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL);
}

void os_futex_wait_ms(uint32_t *word, uint32_t value, uint32_t ms)
{
	struct timespec limit = {ms / 1000, ms % 1000 * 1000000};

	syscall4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &limit);
}

void os_futex_wake(uint32_t *word)
{
	syscall3(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

void os_futex_wake_all(uint32_t *word)
{
	syscall3(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX);
}
