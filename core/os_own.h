/*
 * os_own: which memory is the library's own.  See os_own.c.
 *
 * Context: any.
 */
#ifndef CORE_OS_OWN_H
#define CORE_OS_OWN_H

#include <stddef.h>
#include <stdint.h>

/* Bytes [lo, hi) of address space. */
struct os_range {
	uintptr_t lo; /* first byte */
	uintptr_t hi; /* one past the last byte */
};

/* Zeroed memory of our own, page aligned and noted; NULL: no memory. */
void *os_own_map(size_t size);

/* Gives back what os_own_map returned. */
void os_own_unmap(void *p, size_t size);

/* Notes that [lo, lo + size) is ours, and that it is not any more. */
void os_own_note(uintptr_t lo, size_t size);
void os_own_forget(uintptr_t lo);

/*
 * Notes a piece that may continue an earlier one of this function's.  Holds:
 * mheap.
 */
void os_own_note_heap(uintptr_t lo, size_t size);

/*
 * Copies what has been noted to out, at most max ranges, in no order; how
 * many there are.
 */
size_t os_own_read(struct os_range *out, size_t max);

#endif
