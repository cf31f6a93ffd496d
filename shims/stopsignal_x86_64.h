/* stopsignal on x86-64: what the kernel wants to know of a handler. */
#ifndef SHIMS_STOPSIGNAL_X86_64_H
#define SHIMS_STOPSIGNAL_X86_64_H

#include <stdint.h>

/* struct sigaction of rt_sigaction(2). */
struct kernel_sigaction {
	void *handler;          /* what the kernel calls */
	unsigned long flags;    /* SA_* */
	void (*restorer)(void); /* where the handler returns to */
	uint64_t mask;          /* signals blocked meanwhile */
};

enum { KERNEL_SA_RESTORER = 0x04000000 };

/*
 * Where the handler returns to.  Unwinders and debuggers know a signal frame
 * by exactly these instructions, without any unwind information, and gdb by
 * this name, if it has one.
 */
void stopsignal_restorer(void) __asm__("__restore_rt") HIDDEN;

__asm__(".text\n"
	".hidden __restore_rt\n"
	".globl __restore_rt\n"
	".type __restore_rt, @function\n"
	"nop\n"
	".p2align 4\n"
	"__restore_rt:\n"
	"mov $15, %rax\n"
	"syscall\n"
	".size __restore_rt, . - __restore_rt\n");

#endif
