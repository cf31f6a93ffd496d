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

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			 "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#endif
