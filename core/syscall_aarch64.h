/* syscall on aarch64. */
#ifndef CORE_SYSCALL_AARCH64_H
#define CORE_SYSCALL_AARCH64_H

/* System call n; the result, or -errno. */
static inline long syscall6(
	long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

/*
 * clone(2) with a new stack and TLS: main(NULL) runs on it, then the thread
 * ends.  The new thread's id, or -errno.
 */
static inline long syscall_clone(
	long flags, void *stack, void *tls, unsigned *tid, void (*main)(void *))
{
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = flags;
	register void *x1 __asm__("x1") = stack;
	register unsigned *x2 __asm__("x2") = tid;
	register void *x3 __asm__("x3") = tls;
	register unsigned *x4 __asm__("x4") = tid;
	register void (*x9)(void *) __asm__("x9") = main;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "blr x9\n\t"
			 "mov x0, xzr\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			 "r"(x9), [exit] "i"(SYS_exit)
			 : "x30", "memory");
	return x0;
}

/* The thread pointer, from which TLS variables have fixed distances. */
static inline char *syscall_thread_pointer(void)
{
	return __builtin_thread_pointer();
}

#endif
