/*
 * local on any machine, and where a tool must see atomics to understand the
 * program: relaxed read-modify-write operations.
 */
#ifndef CORE_LOCAL_GENERIC_H
#define CORE_LOCAL_GENERIC_H

#include "core/atomics.h"

/* Sets bits of *word. */
static inline void local_set(uint64_t *word, uint64_t bits)
{
	__atomic_fetch_or(word, bits, __ATOMIC_RELAXED);
}

/* Clears bits of *word.  Release: the last access to what they guard. */
static inline void local_clear(uint64_t *word, uint64_t bits)
{
	__atomic_fetch_and(word, ~bits, __ATOMIC_RELEASE);
}

/* Stores new if *word is old; says whether it was. */
static inline bool local_cas(uint64_t *word, uint64_t old, uint64_t new)
{
	return __atomic_compare_exchange_n(
		word, &old, new, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* The same for 32 bits. */
static inline bool local_cas32(int32_t *word, int32_t old, int32_t new)
{
	return __atomic_compare_exchange_n(
		word, &old, new, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Whether *word is value. */
static inline bool local_is(const uint64_t *word, uint64_t value)
{
	return load_relaxed(word) == value;
}

/* The word with bit n % 64 set. */
static inline uint64_t local_bit(uint64_t n)
{
	return UINT64_C(1) << n % 64;
}

/* Number of the lowest set bit of x, which is not 0; 64 bits wide. */
static inline uint64_t local_first_bit(uint64_t x)
{
	return (uint64_t)__builtin_ctzll(x);
}

/* Counts down by one; says whether nothing is left, or less. */
static inline bool local_count_down(int32_t *count)
{
	return __atomic_fetch_sub(count, 1, __ATOMIC_RELAXED) <= 1;
}

/* Waits a moment in a loop that looks at memory. */
static inline void local_relax(void)
{
	barrier_compiler();
}

#endif
