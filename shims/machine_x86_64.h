/* machine on x86-64: see shims/machine.h. */
#ifndef SHIMS_MACHINE_X86_64_H
#define SHIMS_MACHINE_X86_64_H

#include <asm/prctl.h>
#include <errno.h>

#include "core/syscall.h"

enum {
	MACHINE_NSAVED = 6,     /* registers that a function preserves */
	MACHINE_RED_ZONE = 128, /* bytes below the stack pointer in use */
	FPSTATE_SIZE = 512,     /* bytes of the legacy area */
	FPSTATE_MAGIC_AT = 464, /* where it says that more follows */
	FPSTATE_MAGIC = 0x46505853,
	CODE_PAGE = 4096,    /* code before this boundary may not be there */
	SIZEOF_SYSCALL = 2,  /* syscall: 0f 05 */
	SIZEOF_MOV_EAX = 5,  /* mov $number, %eax: b8 and the number */
	SIZEOF_LOAD_EDI = 4, /* mov n(%rsp), %edi: 8b 7c 24 n */
	SIZEOF_XOR_EAX = 2,  /* xor %eax, %eax: 31 c0 */
};

/* Whether a system call makes a process or thread, or ends one. */
static inline bool machine_makes_process(long number)
{
	return number == SYS_clone || number == SYS_clone3 ||
	       number == SYS_fork || number == SYS_vfork || number == SYS_exit;
}

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

/* Where a signal interrupted the thread. */
static inline struct machine_place machine_place(const ucontext_t *uc)
{
	return (struct machine_place){(uintptr_t)uc->uc_mcontext.gregs[REG_RIP],
		(uintptr_t)uc->uc_mcontext.gregs[REG_RSP]};
}

/* Whether it stands behind a system call that was interrupted. */
static inline bool machine_says_eintr(const ucontext_t *uc)
{
	const uintptr_t ip = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	const uint8_t *code = (const uint8_t *)ip;

	return uc->uc_mcontext.gregs[REG_RAX] == -EINTR &&
	       ip % CODE_PAGE >= SIZEOF_SYSCALL && code[-2] == 0x0f &&
	       code[-1] == 0x05;
}

/*
 * The number of the system call before ip, or -1: only what libc and
 * compilers put there is understood.
 */
static inline long machine_call_number(uintptr_t ip)
{
	const uint8_t *code = (const uint8_t *)(ip - SIZEOF_SYSCALL);
	uint32_t number;

	if (ip % CODE_PAGE < SIZEOF_SYSCALL + SIZEOF_LOAD_EDI + SIZEOF_MOV_EAX)
		return -1;
	if (code[-5] != 0xb8 && code[-2] == 0x31 && code[-1] == 0xc0)
		return 0;
	if (code[-4] == 0x8b && code[-3] == 0x7c && code[-2] == 0x24)
		code -= SIZEOF_LOAD_EDI;
	if (code[-SIZEOF_MOV_EAX] != 0xb8)
		return -1;
	__builtin_memcpy(&number, code - SIZEOF_MOV_EAX + 1, sizeof number);
	return (long)number;
}

/* The call with this number begins again when the handler returns. */
static inline void machine_restart_call(ucontext_t *uc, long number)
{
	uc->uc_mcontext.gregs[REG_RAX] = number;
	uc->uc_mcontext.gregs[REG_RIP] -= SIZEOF_SYSCALL;
}

/* The call that was to begin again says EINTR instead. */
static inline void machine_undo_restart(ucontext_t *uc)
{
	uc->uc_mcontext.gregs[REG_RAX] = -EINTR;
	uc->uc_mcontext.gregs[REG_RIP] += SIZEOF_SYSCALL;
}

#endif
