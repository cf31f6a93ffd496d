/*
 * A process of its own that shares our memory (clone with CLONE_VM and without
 * CLONE_THREAD) holds a pointer in a register.  Its memory is ours and seen.
 */
/* expect: limit, registers of another process */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "test/gc/herd.h"

enum { STACK_SIZE = 64 << 10 };

static pid_t child;

static int hold(void *arg)
{
	__asm__ volatile(
		"mov %[head], %%r13\n xor %[mask], %%r13\n"
		"movb $1, %[held]\n"
		"1: pause\n cmpb $0, %[released]\n je 1b\n"
		: [held] "+m"(held), [released] "+m"(released)
		: [head] "m"(herd_hidden_head), [mask] "m"(herd_plant_mask)
		: "r13", "memory", "cc");
	(void)arg;
	return 0;
}

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

int main(void)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	herd_start();
	herd_plant(plant);
	child = clone(hold, stack + STACK_SIZE, CLONE_VM | SIGCHLD, NULL);
	check(child > 0);
	herd_collect_while_held();
	check(waitpid(child, NULL, 0) == child);
	return herd_end();
}
