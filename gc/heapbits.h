/*
 * heapbits: a bit for every so many bytes of the heap's window, beside the
 * heap.  For what only some modes want to know.
 *
 * Context: any, once set up; bits are atomic.
 */
#ifndef GC_HEAPBITS_H
#define GC_HEAPBITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero: not set up. */
struct heapbits {
	uint64_t *words; /* reserved; fixed */
	size_t ready;    /* bytes of them that are usable; atomic, only grows */
	unsigned shift;  /* 2^shift bytes of the heap for each bit; fixed */
};

/* Sets up bits that are all clear; again does nothing.  false: no memory. */
bool heapbits_init(struct heapbits *h, unsigned shift);

/* Clears all of them. */
void heapbits_clear(struct heapbits *h);

/*
 * Sets the bit of an address of the window; what it was.  Without memory for
 * it the bit stays clear.
 */
bool heapbits_set(struct heapbits *h, uintptr_t addr);

/* Clears it; what it was. */
bool heapbits_unset(struct heapbits *h, uintptr_t addr);

/* Whether it is set. */
bool heapbits_test(const struct heapbits *h, uintptr_t addr);

#endif
