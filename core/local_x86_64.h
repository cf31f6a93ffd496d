/*
 * local on x86-64: read-modify-write instructions without a lock prefix.
 * An interrupt comes between instructions; stores are seen in order.
 */
#ifndef CORE_LOCAL_X86_64_H
#define CORE_LOCAL_X86_64_H

/* Sets bits of *word. */
static inline void local_set(uint64_t *word, uint64_t bits)
{
	__asm__ volatile("orq %1, %0"
			 : "+m"(*word)
			 : "r"(bits)
			 : "cc", "memory");
}

/* Clears bits of *word.  Release: the last access to what they guard. */
static inline void local_clear(uint64_t *word, uint64_t bits)
{
	__asm__ volatile("andq %1, %0"
			 : "+m"(*word)
			 : "r"(~bits)
			 : "cc", "memory");
}

/* Stores new if *word is old; says whether it was. */
static inline bool local_cas(uint64_t *word, uint64_t old, uint64_t new)
{
	bool same;

	__asm__ volatile("cmpxchgq %3, %0"
			 : "+m"(*word), "+a"(old), "=@cce"(same)
			 : "r"(new)
			 : "memory");
	return same;
}

/* The same for 32 bits. */
static inline bool local_cas32(int32_t *word, int32_t old, int32_t new)
{
	bool same;

	__asm__ volatile("cmpxchgl %3, %0"
			 : "+m"(*word), "+a"(old), "=@cce"(same)
			 : "r"(new)
			 : "memory");
	return same;
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

/* The word with bit n % 64 set; cheaper than a shift by a variable. */
static inline uint64_t local_bit(uint64_t n)
{
	uint64_t word = 0;

	__asm__("btsq %1, %0" : "+r"(word) : "r"(n) : "cc");
	return word;
}

/* Number of the lowest set bit of x, which is not 0; 64 bits wide. */
static inline uint64_t local_first_bit(uint64_t x)
{
	uint64_t n;

	__asm__("rep bsfq %1, %0" : "=r"(n) : "r"(x) : "cc");
	return n;
}

/* Counts down by one; says whether nothing is left, or less. */
static inline bool local_count_down(int32_t *count)
{
	bool none;

	__asm__ volatile("subl $1, %0"
			 : "+m"(*count), "=@ccle"(none)
			 :
			 : "memory");
	return none;
}

/* Waits a moment in a loop that looks at memory. */
static inline void local_relax(void)
{
	__builtin_ia32_pause();
}

#endif
