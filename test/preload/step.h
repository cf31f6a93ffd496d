/*
 * step.h: runs a piece of a program one instruction at a time, and calls a
 * function between two of them, in a signal handler: the processor's trap
 * flag raises SIGTRAP after each.  For x86-64.
 */
#ifndef GOALLOC_TEST_STEP_H
#define GOALLOC_TEST_STEP_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "test/preload/check.h"

enum { STEP_TRAP_FLAG = 0x100 };

static _Thread_local void (*step_act)(void);   /* in the handler */
static _Thread_local volatile long step_until; /* acts after so many; < 0: at
						  each */
static _Thread_local volatile long step_count; /* instructions so far */
static _Thread_local volatile bool step_acted;

static inline void step_handle(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = (ucontext_t *)context;
	const int saved_errno = errno;

	(void)signal;
	(void)info;
	step_count++;
	if (step_until >= 0 && step_count != step_until)
		return;
	if (step_until >= 0) /* the rest runs at full speed */
		uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)STEP_TRAP_FLAG;
	step_acted = true;
	step_act();
	errno = saved_errno;
}

static inline void step_init(void)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO};

	action.sa_sigaction = step_handle;
	check(sigaction(SIGTRAP, &action, NULL) == 0);
}

/*
 * Steps from here to step_end; act is called after `until` instructions, or,
 * where that is negative, after each.
 */
static inline __attribute__((always_inline)) void step_begin(
	void (*act)(void), long until)
{
	step_act = act;
	step_until = until;
	step_count = 0;
	step_acted = false;
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t" /* the red zone */
			 "pushfq\n\t"
			 "orq %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp"
			 :
			 : "i"(STEP_TRAP_FLAG)
			 : "memory", "cc");
}

/* Whether act has been called. */
static inline __attribute__((always_inline)) bool step_end(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "andq %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp"
			 :
			 : "i"(~STEP_TRAP_FLAG)
			 : "memory", "cc");
	return step_acted;
}

#endif
