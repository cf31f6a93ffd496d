/*
 * machine: what the shims must know of registers, stacks and signal frames.
 *
 * Each machine has a file with the same functions; the rest of shims and gc
 * is the same everywhere.
 */
#ifndef SHIMS_MACHINE_H
#define SHIMS_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* Memory that holds a thread's registers. */
struct machine_registers {
	const void *first; /* lowest byte */
	size_t size;       /* bytes */
};

/* System calls look at it and say -EINTR: it would have gone on otherwise. */
enum { MACHINE_MAX_BACK = 16 /* bytes of code read before an instruction */ };

#if defined(__x86_64__)
#include "shims/machine_x86_64.h"
#else
#error "shims/machine_<machine>.h is missing for this machine"
#endif

#endif
