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
 * by exactly these instructions, without any unwind information.
 */
void stopsignal_restorer(void) HIDDEN;

__asm__(".text\n"
	".hidden stopsignal_restorer\n"
	".globl stopsignal_restorer\n"
	".type stopsignal_restorer, @function\n"
	"nop\n"
	".p2align 4\n"
	"stopsignal_restorer:\n"
	"mov $15, %rax\n"
	"syscall\n"
	".size stopsignal_restorer, . - stopsignal_restorer\n");

#endif
