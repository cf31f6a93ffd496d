/* A register that setjmp saves as it is may hold the last pointer. */
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
	__asm__ volatile("mov %[head], %%rbx\n mov %[buffer], %%rdi\n"
			 "xor %[mask], %%rbx\n mov %%rsp, %%r12\n"
			 "sub $256, %%rsp\n and $-16, %%rsp\n"
			 "call _setjmp@plt\n mov %%r12, %%rsp\n"
			 :
			 : [head] "m"(herd_hidden_head),
			 [mask] "m"(herd_plant_mask), [buffer] "m"(buffer)
			 : "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "r9",
			 "r10", "r11", "r12", "memory", "cc");
}

int main(void)
{
	herd_start();
	herd_plant(make);
	herd_plant(plant);
	herd_collect();
	return herd_end();
}
