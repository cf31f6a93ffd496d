/*
 * peek: the kernel copies, and says how far it got.
 *
 *   process_vm_readv(2) on ourselves
 *   /proc/thread-self/mem where that fails: a filter of system calls refuses
 *   it, or the memory is there but may not be read just now (PROT_NONE)
 *
 * The program unmaps what it likes beside the collector, and a file under a
 * mapping may be cut off.  Reading such memory oneself ends the process; the
 * kernel answers EFAULT.
 *
 * Assumes: neither reads memory of devices (VM_IO); what is not mapped at all
 *          is EFAULT or EIO.
 */
#include "gc/peek.h"

#include <fcntl.h>
#include <sys/uio.h>

#include "core/syscall.h"

static long reader; /* our process for process_vm_readv; 0: mem_fd */
static int mem_fd = -1;

static size_t peek_vm(void *buf, uintptr_t from, size_t size)
{
	struct iovec to = {buf, size}, at = {(void *)from, size};
	long n = syscall6(
		SYS_process_vm_readv, reader, (long)&to, 1, (long)&at, 1, 0);

	return n > 0 ? (size_t)n : 0;
}

static size_t peek_mem(void *buf, uintptr_t from, size_t size)
{
	long n = syscall4(SYS_pread64, mem_fd, buf, size, from);

	return n > 0 ? (size_t)n : 0;
}

size_t peek(void *buf, uintptr_t from, size_t size)
{
	size_t n = reader != 0 ? peek_vm(buf, from, size) : 0;

	return n > 0 || mem_fd < 0 ? n : peek_mem(buf, from, size);
}

static bool works(void)
{
	const uint64_t secret = (uintptr_t)&secret;
	uint64_t seen = 0;

	return peek(&seen, (uintptr_t)&secret, sizeof seen) == sizeof seen &&
	       seen == secret;
}

bool peek_open(void)
{
	mem_fd = (int)syscall4(SYS_openat, AT_FDCWD, "/proc/thread-self/mem",
		O_RDONLY | O_CLOEXEC, 0);
	reader = syscall0(SYS_getpid);
	if (works())
		return true;
	reader = 0;
	return works();
}

void peek_close(void)
{
	if (mem_fd >= 0)
		syscall1(SYS_close, mem_fd);
	mem_fd = -1;
}

void peek_forget(void)
{
	mem_fd = -1;
}
