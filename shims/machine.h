/*
 * machine: what the shims must know of registers, stacks and signal frames.
 *
 * Each machine has a file with the same functions; the rest of shims and gc
 * is the same everywhere.
 */
#ifndef SHIMS_MACHINE_H
#define SHIMS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* Memory that holds a thread's registers. */
struct machine_registers {
	const void *first; /* lowest byte */
	size_t size;       /* bytes */
};

/* Where a thread was interrupted. */
struct machine_place {
	uintptr_t ip; /* the next instruction */
	uintptr_t sp; /* the stack pointer */
};

/* Whether both are the same call of the same function. */
static inline bool machine_is_same_place(
	struct machine_place a, struct machine_place b)
{
	return a.ip == b.ip && a.sp == b.sp;
}

#if defined(__x86_64__)
#include "shims/machine_x86_64.h"
#else
#error "shims/machine_<machine>.h is missing for this machine"
#endif

#endif
