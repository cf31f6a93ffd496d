/* syscall on x86-64. */
#ifndef CORE_SYSCALL_X86_64_H
#define CORE_SYSCALL_X86_64_H

/* System call n; the result, or -errno. */
static inline long syscall6(
	long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile(
		"syscall"
		: "=a"(result)
		: "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return result;
}

/*
 * clone(2) with a new stack and TLS: main(NULL) runs on it, then the thread
 * ends.  The new thread's id, or -errno.
 */
static inline long syscall_clone(
	long flags, void *stack, void *tls, unsigned *tid, void (*main)(void *))
{
	register unsigned *r10 __asm__("r10") = tid;
	register void *r8 __asm__("r8") = tls;
	register void (*r12)(void *) __asm__("r12") = main;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "xor %%edi, %%edi\n\t"
			 "call *%%r12\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone), "D"(flags), "S"(stack),
			 "d"(tid), "r"(r10), "r"(r8),
			 "r"(r12), [exit] "i"(SYS_exit)
			 : "rcx", "r11", "memory");
	return result;
}

/* The thread pointer, from which TLS variables have fixed distances. */
static inline char *syscall_thread_pointer(void)
{
	char *fs;

	__asm__("mov %%fs:0, %0" : "=r"(fs));
	return fs;
}

#endif
