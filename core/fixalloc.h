/*
 * fixalloc: metadata in whole cache lines, outside the heap.
 *
 * What is freed is handed out again for the same kind and number of lines only
 * and is never unmapped, so a stale pointer to it stays readable.
 *
 * Holds: mheap, for every function.
 */
#ifndef CORE_FIXALLOC_H
#define CORE_FIXALLOC_H

#include <stddef.h>

enum { FIXALLOC_LINE = 64, FIXALLOC_MAX_LINES = 32 };

/* What a piece is, was and will be. */
enum fixalloc_kind { FIXALLOC_MSPAN, FIXALLOC_ROWS, FIXALLOC_NKINDS };

/* Memory of so many cache lines, zero when new; NULL: none. */
void *fixalloc_take(enum fixalloc_kind kind, unsigned nlines);

/* Takes it back.  Its first word is overwritten, the rest stays. */
void fixalloc_give(enum fixalloc_kind kind, void *p, unsigned nlines);

/* A lasting piece of any size, zeroed, aligned to a cache line; NULL: none. */
void *fixalloc_forever(size_t size);

/* Bytes handed out, and bytes obtained from the OS. */
size_t fixalloc_inuse(void);
size_t fixalloc_sys(void);

#endif
