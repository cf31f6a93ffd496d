/*
 * process on x86-64: vfork.
 *
 * The child runs on the caller's stack and returns from here first, so
 * nothing of ours may lie on it: the return address waits in rdi, which the
 * kernel preserves, and what the caller has in registers in its record.
 */
#ifndef SHIMS_PROCESS_X86_64_H
#define SHIMS_PROCESS_X86_64_H

__asm__(".text\n"
	".p2align 4\n"
	".globl vfork, __vfork\n"
	".type vfork, @function\n"
	".type __vfork, @function\n"
	"vfork:\n"
	"__vfork:\n"
	".cfi_startproc\n"
	"cmpb $0, process_watched(%rip)\n"
	"jne 3f\n"
	"mov process_next_vfork(%rip), %rax\n"
	"test %rax, %rax\n"
	"jnz 2f\n"
	"sub $8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	"call process_find_vfork\n"
	"add $8, %rsp\n"
	".cfi_adjust_cfa_offset -8\n"
	"2: jmp *%rax\n"
	/* What functions preserve, in the order of vfork_registers. */
	"3: push %rbp\n"
	".cfi_adjust_cfa_offset 8\n"
	"push %rbx\n"
	".cfi_adjust_cfa_offset 8\n"
	"push %r12\n"
	".cfi_adjust_cfa_offset 8\n"
	"push %r13\n"
	".cfi_adjust_cfa_offset 8\n"
	"push %r14\n"
	".cfi_adjust_cfa_offset 8\n"
	"push %r15\n"
	".cfi_adjust_cfa_offset 8\n"
	"mov %rsp, %rdi\n"
	"sub $8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	"call process_vfork_begin\n"
	"add $56, %rsp\n"
	".cfi_adjust_cfa_offset -56\n"
	"pop %rdi\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_register %rip, %rdi\n"
	"mov $58, %eax\n"
	"syscall\n"
	"push %rdi\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset %rip, 0\n"
	"test %rax, %rax\n"
	"jz 1f\n"
	"mov %rax, %rdi\n"
	"sub $8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	"call process_vfork_end\n"
	"add $8, %rsp\n"
	".cfi_adjust_cfa_offset -8\n"
	"1: ret\n"
	".cfi_endproc\n"
	".size vfork, . - vfork\n"
	".size __vfork, . - __vfork\n");

#endif
