/*
 * kernel_held: pointers that the program has given to the kernel, which gives
 * them back later: events of epoll, values of timers and signals, arguments of
 * threads, stacks for signals.  The kernel may hold the only copy.
 */
#ifndef SHIMS_KERNEL_HELD_H
#define SHIMS_KERNEL_HELD_H

#include <stdint.h>

/* Every word that the kernel may give back.  The world is stopped. */
void shims_visit_kernel_held(
	void (*visit)(void *arg, uintptr_t word), void *arg);

#endif
