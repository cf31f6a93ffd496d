/* setjmp encrypts rbp in the buffer, as it does the stack pointer. */
/* expect: limit, rbp in a jmp_buf */
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
	__asm__ volatile("mov %[head], %%rbp\n mov %[buffer], %%rdi\n"
			 "xor %[mask], %%rbp\n mov %%rsp, %%r12\n"
			 "sub $256, %%rsp\n and $-16, %%rsp\n"
			 "call _setjmp@plt\n mov %%r12, %%rsp\n"
			 :
			 : [head] "m"(herd_hidden_head),
			 [mask] "m"(herd_plant_mask), [buffer] "m"(buffer)
			 : "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "rbp",
			 "r8", "r9", "r10", "r11", "r12", "memory", "cc");
}

int main(void)
{
	herd_start();
	herd_plant(make);
	herd_plant(plant);
	herd_collect();
	return herd_end();
}
