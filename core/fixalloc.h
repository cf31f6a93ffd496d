/*
 * fixalloc: metadata in whole cache lines, outside the heap.
 *
 * What is freed is handed out again for the same number of lines only and is
 * never unmapped, so a stale pointer to it stays readable.
 *
 * Holds: mheap, for every function.
 */
#ifndef CORE_FIXALLOC_H
#define CORE_FIXALLOC_H

#include <stddef.h>

enum { FIXALLOC_LINE = 64, FIXALLOC_MAX_LINES = 32 };

/* Memory of so many cache lines, zero when new; NULL: none. */
void *fixalloc_take(unsigned nlines);

/* Takes it back.  Its first word is overwritten, the rest stays. */
void fixalloc_give(void *p, unsigned nlines);

/* A lasting piece of any size, zeroed, aligned to a cache line; NULL: none. */
void *fixalloc_forever(size_t size);

/* Bytes handed out, and bytes obtained from the OS. */
size_t fixalloc_inuse(void);
size_t fixalloc_sys(void);

#endif
