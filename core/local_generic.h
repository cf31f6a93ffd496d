/*
 * local on any machine, and where a tool must see atomics to understand the
 * program.
 */
#ifndef CORE_LOCAL_GENERIC_H
#define CORE_LOCAL_GENERIC_H

#include "core/atomics.h"

/* Whether *byte is value.  Relaxed. */
static inline bool local_is8(const uint8_t *byte, uint8_t value)
{
	return load_relaxed(byte) == value;
}

/* Whether value is below *limit.  Acquire. */
static inline bool local_below(uint64_t value, const uint64_t *limit)
{
	return value < load_acquire(limit);
}

/* Whether *word is value. */
static inline bool local_is(const uint64_t *word, uint64_t value)
{
	return load_relaxed(word) == value;
}

/* Number of the lowest set bit of x, which is not 0; 64 bits wide. */
static inline uint64_t local_first_bit(uint64_t x)
{
	return (uint64_t)__builtin_ctzll(x);
}

/* Waits a moment in a loop that looks at memory. */
static inline void local_relax(void)
{
	barrier_compiler();
}

#endif
