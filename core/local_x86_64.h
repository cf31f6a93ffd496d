/*
 * local on x86-64, where a plain load is an acquire.
 */
#ifndef CORE_LOCAL_X86_64_H
#define CORE_LOCAL_X86_64_H

/* Whether *byte is value.  Relaxed. */
static inline bool local_is8(const uint8_t *byte, uint8_t value)
{
	bool same;

	__asm__ volatile("cmpb %2, %1"
			 : "=@cce"(same)
			 : "m"(*byte), "qi"(value)
			 : "cc");
	return same;
}

/* Whether value is below *limit.  Acquire. */
static inline bool local_below(uint64_t value, const uint64_t *limit)
{
	bool below;

	__asm__ volatile("cmpq %2, %1"
			 : "=@ccb"(below)
			 : "r"(value), "m"(*limit)
			 : "cc", "memory");
	return below;
}

/* Whether *word is value. */
static inline bool local_is(const uint64_t *word, uint64_t value)
{
	bool same;

	__asm__ volatile("cmpq %2, %1"
			 : "=@cce"(same)
			 : "m"(*word), "r"(value)
			 : "cc");
	return same;
}

/* Number of the lowest set bit of x, which is not 0; 64 bits wide. */
static inline uint64_t local_first_bit(uint64_t x)
{
	uint64_t n;

	__asm__("rep bsfq %1, %0" : "=r"(n) : "r"(x) : "cc");
	return n;
}

/* Waits a moment in a loop that looks at memory. */
static inline void local_relax(void)
{
	__builtin_ia32_pause();
}

#endif
