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
