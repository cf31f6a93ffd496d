/*
 * syscall: the kernel without libc between: no errno, no cancellation point,
 * no TLS, so it serves a handler, a helper thread without TLS, and free(),
 * which must not change errno.
 */
#ifndef CORE_SYSCALL_H
#define CORE_SYSCALL_H

#include <sys/syscall.h>

#if defined(__x86_64__)
#include "core/syscall_x86_64.h"
#elif defined(__aarch64__)
#include "core/syscall_aarch64.h"
#else
#error "core/syscall_<machine>.h is missing for this machine"
#endif

/* The call's result, or -errno. */
#define syscall0(n)       syscall6((n), 0, 0, 0, 0, 0, 0)
#define syscall1(n, a)    syscall6((n), (long)(a), 0, 0, 0, 0, 0)
#define syscall2(n, a, b) syscall6((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define syscall3(n, a, b, c)                                                   \
	syscall6((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define syscall4(n, a, b, c, d)                                                \
	syscall6((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define syscall5(n, a, b, c, d, e)                                             \
	syscall6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

#endif
