/*
 * states on x86-64: SSE2, which every such machine has.
 */
#ifndef CORE_STATES_X86_64_H
#define CORE_STATES_X86_64_H

#include <emmintrin.h>
#include <stdint.h>

/* Which of 16 states are `state`, as bits. */
static inline uint64_t states_equal16(const uint8_t *states, uint8_t state)
{
	__m128i found = _mm_load_si128((const __m128i *)(const void *)states);
	__m128i wanted = _mm_set1_epi8((char)state);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(found, wanted));
}

/* Which of 64 states, on a cache line of their own, are `state`, as bits. */
static inline uint64_t states_equal(const uint8_t *states, uint8_t state)
{
	uint64_t bits = states_equal16(states, state) |
			states_equal16(states + 16, state) << 16 |
			states_equal16(states + 32, state) << 32 |
			states_equal16(states + 48, state) << 48;

	__asm__ volatile("" ::: "memory"); /* loads come in order: acquire */
	return bits;
}

/* Which of 16 states are odd, as bits. */
static inline uint64_t states_odd16(const uint8_t *states)
{
	__m128i found = _mm_load_si128((const __m128i *)(const void *)states);

	/* The lowest bit of each byte becomes its highest. */
	return (unsigned)_mm_movemask_epi8(_mm_slli_epi16(found, 7));
}

/* Which of 64 states, on a cache line of their own, are odd, as bits. */
static inline uint64_t states_odd(const uint8_t *states)
{
	uint64_t bits = states_odd16(states) | states_odd16(states + 16) << 16 |
			states_odd16(states + 32) << 32 |
			states_odd16(states + 48) << 48;

	__asm__ volatile("" ::: "memory"); /* loads come in order: acquire */
	return bits;
}

#endif
