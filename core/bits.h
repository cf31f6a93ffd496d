/*
 * bits: arithmetic on words and on powers of two.
 *
 * Everything is inline, free of state and defined for the whole range that
 * its contract names, so that callers need no guard of their own.
 */
#ifndef CORE_BITS_H
#define CORE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Index of the lowest set bit.  x is not 0. */
static inline unsigned ctz64(uint64_t x)
{
	return (unsigned)__builtin_ctzll(x);
}

/* Zero bits above the highest set bit.  x is not 0. */
static inline unsigned clz64(uint64_t x)
{
	return (unsigned)__builtin_clzll(x);
}

/*
 * How many bits are set.  Sums in ever wider fields; the compiler's builtin
 * is a call into libgcc for a machine that may lack the instruction.
 */
static inline unsigned popcount64(uint64_t x)
{
	x -= (x >> 1) & UINT64_C(0x5555555555555555);
	x = (x & UINT64_C(0x3333333333333333)) +
	    ((x >> 2) & UINT64_C(0x3333333333333333));
	x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)((x * UINT64_C(0x0101010101010101)) >> 56);
}

/* The largest k with 2^k <= x.  x is not 0. */
static inline unsigned floor_log2(uint64_t x)
{
	return 63 - clz64(x);
}

/* Whether exactly one bit is set. */
static inline bool is_pow2(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/*
 * The least multiple of align that is not below x; align is a power of two.
 * Wraps to 0 when there is none: callers bound x first.
 */
static inline uint64_t align_up(uint64_t x, uint64_t align)
{
	return (x + (align - 1)) & ~(align - 1);
}

/* The greatest multiple of align that is not above x; align: power of two. */
static inline uint64_t align_down(uint64_t x, uint64_t align)
{
	return x & ~(align - 1);
}

/* x / y rounded up, for every x and every y but 0. */
static inline uint64_t ceil_div(uint64_t x, uint64_t y)
{
	return x / y + (x % y != 0);
}

/* The n lowest bits set, for n from 0 to 64. */
static inline uint64_t low_bits64(unsigned n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

#endif
