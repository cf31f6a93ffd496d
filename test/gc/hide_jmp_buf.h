/*
 * hide_jmp_buf: a register at the time of setjmp holds the last pointer to a
 * herd; the including file says which, as JMP_BUF_REGISTER.
 */
#ifndef TEST_GC_HIDE_JMP_BUF_H
#define TEST_GC_HIDE_JMP_BUF_H

#include <setjmp.h>

#include "test/gc/herd.h"

static jmp_buf *buffer;

static void make(void)
{
	herd_planted(HERD_USUAL);
}

static void plant(void)
{
	buffer = malloc(sizeof *buffer);
	__asm__ volatile("mov %[head], %%" JMP_BUF_REGISTER "\n"
			 "mov %[buffer], %%rdi\n"
			 "xor %[mask], %%" JMP_BUF_REGISTER "\n"
			 "mov %%rsp, %%r12\n"
			 "sub $256, %%rsp\n and $-16, %%rsp\n"
			 "call _setjmp@plt\n mov %%r12, %%rsp\n"
			 :
			 : [head] "m"(herd_hidden_head),
			 [mask] "m"(herd_plant_mask), [buffer] "m"(buffer)
			 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
			 "r11", "r12", JMP_BUF_REGISTER, "memory", "cc");
}

int main(void)
{
	herd_start();
	herd_plant(make);
	herd_plant(plant);
	herd_collect();
	return herd_end();
}

#endif
