/* machine on x86-64: see shims/machine.h. */
#ifndef SHIMS_MACHINE_X86_64_H
#define SHIMS_MACHINE_X86_64_H

#include <asm/prctl.h>
#include <stdbool.h>

#include "core/syscall.h"

enum {
	MACHINE_RED_ZONE = 128, /* bytes below the stack pointer in use */
	FPSTATE_SIZE = 512,     /* bytes of the legacy area */
	FPSTATE_MAGIC_AT = 464, /* where it says that more follows */
	FPSTATE_MAGIC = 0x46505853,
};

/* The stack pointer here: all that callers have lies at or above it. */
static inline uintptr_t machine_sp(void)
{
	uintptr_t sp;

	__asm__ volatile("mov %%rsp, %0" : "=r"(sp));
	return sp;
}

/* The thread pointer, 0 if the thread was made without one. */
static inline uintptr_t machine_thread_pointer(void)
{
	uintptr_t fs = 0;

	syscall2(SYS_arch_prctl, ARCH_GET_FS, &fs);
	return fs;
}

/* Whether libc made this thread pointer: its header names itself twice. */
static inline bool machine_is_libc_thread(uintptr_t tp)
{
	const uintptr_t *header = (const uintptr_t *)tp;

	return tp != 0 && header[0] == tp && header[2] == tp;
}

/* The stack pointer that a signal interrupted. */
static inline uintptr_t machine_interrupted_sp(const ucontext_t *uc)
{
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
}

/* The registers that a signal interrupted, from the frame the kernel made. */
static inline struct machine_registers machine_interrupted_registers(
	const ucontext_t *uc)
{
	const char *fp = (const char *)uc->uc_mcontext.fpregs;
	struct machine_registers r = {uc, sizeof *uc};
	uint32_t more[2]; /* magic, size of it all */

	if (fp == NULL)
		return r;
	__builtin_memcpy(more, fp + FPSTATE_MAGIC_AT, sizeof more);
	const size_t size = more[0] == FPSTATE_MAGIC ? more[1] : FPSTATE_SIZE;
	if (fp > (const char *)uc) /* the kernel puts it above */
		r.size = (size_t)(fp - (const char *)uc) + size;
	return r;
}

#endif
