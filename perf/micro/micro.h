/*
 * micro: what the micro-benchmarks share: the table of sizes and the list
 * of who registers what.
 */
#ifndef PERF_MICRO_H
#define PERF_MICRO_H

#include <stddef.h>
#include <stdint.h>

enum {
	MICRO_SIZE_MIN = 16,
	MICRO_SIZE_MAX = 512,
	MICRO_NSIZES = 4096, /* 8 KiB of table: stays in the first cache */
	MICRO_BATCH = 1024,  /* operations between two looks at the clock */
};

/* Sizes of 16-512 bytes, uniform; drawn before main with a fixed seed. */
extern uint16_t micro_sizes[MICRO_NSIZES];

/* A size from the table; any i will do. */
static inline size_t micro_size(size_t i)
{
	return micro_sizes[i % MICRO_NSIZES];
}

/* Ends the program: an allocation failed, there is nothing to measure. */
_Noreturn void micro_die(void);

/* Returns p, which must not be NULL. */
static inline void *micro_check(void *p)
{
	if (__builtin_expect(p == NULL, 0))
		micro_die();
	return p;
}

/* Each registers the benchmarks of the file of its name. */
void pair_register(void);
void batch_register(void);
void replace_register(void);
void handoff_register(void);
void calloc_register(void);
void realloc_register(void);
void large_register(void);

#endif
