/*
 * A stack for signals from malloc whose address only the kernel still has.
 * Once it is disabled (the control) nobody has it.
 */
#include <signal.h>

#include "test/gc/herd.h"

static void plant(void)
{
	stack_t stack = {.ss_size = 64 << 10};

	stack.ss_sp = herd_add(stack.ss_size);
	check(sigaltstack(&stack, NULL) == 0);
	stack.ss_flags = SS_DISABLE;
	if (herd_aim == AIM_CONTROL)
		check(sigaltstack(&stack, NULL) == 0);
}

int main(void)
{
	return herd_run(plant);
}
