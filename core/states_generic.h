/*
 * states on any machine, and where a tool must see atomics to understand the
 * program: a byte at a time.
 */
#ifndef CORE_STATES_GENERIC_H
#define CORE_STATES_GENERIC_H

#include <stdint.h>

#include "core/atomics.h"

/* Which of 64 states, on a cache line of their own, are `state`, as bits. */
static inline uint64_t states_equal(const uint8_t *states, uint8_t state)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 64; i++)
		bits |= (uint64_t)(load_acquire(&states[i]) == state) << i;
	return bits;
}

/* Which of 64 states, on a cache line of their own, are odd, as bits. */
static inline uint64_t states_odd(const uint8_t *states)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 64; i++)
		bits |= (uint64_t)(load_acquire(&states[i]) & 1) << i;
	return bits;
}

#endif
