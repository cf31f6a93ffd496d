/*
 * heapmap: from any address to the span it lies in.
 *
 *   window   [base ................. size) grown so far ........... reserve
 *   spans    one pointer per 8 KiB page of the window; NULL: no span there
 *
 * The heap lives in one window of address space, so the map is one array and
 * a lookup one comparison and one load, for any word, from any context.  The
 * window is not reserved, only chosen: far from where the kernel puts
 * mappings by itself, at addresses that text, doubles and small integers do
 * not look like (their 16 upper bits are 0, the byte below is at least 0xc0,
 * which no UTF-8 character contains).
 *
 * Invariant: entries below size are backed by memory; size only grows.
 * Locking:   writers hold mheap; readers need nothing.
 * Context:   any, handler included.
 */
#ifndef CORE_HEAPMAP_H
#define CORE_HEAPMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"
#include "core/local.h"
#include "core/sizeclass.h"

struct mspan;

/* Read by every free: one cache line that hardly ever changes. */
struct heapmap {
	uintptr_t base;       /* the window's first byte; fixed */
	size_t size;          /* bytes of the window that were ever in use */
	struct mspan **spans; /* by page of the window */
} ALIGNED(64);

extern struct heapmap heapmap HIDDEN;

/* The span that p points into, or NULL.  p may be any word. */
static ALWAYS_INLINE struct mspan *heapmap_lookup(uintptr_t p)
{
	size_t offset = p - heapmap.base;

	/* pairs: heapmap_grow */
	if (unlikely(!local_below(offset, &heapmap.size)))
		return NULL;
	/* pairs: heapmap_set */
	return load_acquire(&heapmap.spans[offset >> GO_PAGE_SHIFT]);
}

/* Whether p lies in the part of the window that was ever in use. */
static inline bool heapmap_covers(uintptr_t p)
{
	return p - heapmap.base < load_acquire(&heapmap.size);
}

/* Bytes of table for a window of this size. */
size_t heapmap_table_size(size_t window_size);

/* Sets up an empty map over a reserved table.  Once. */
void heapmap_init(uintptr_t base, void *table);

/* Extends the map to the window's first `size` bytes; false: no memory. */
bool heapmap_grow(size_t size);

/* Says that npages pages from addr belong to s (NULL: to nobody). */
void heapmap_set(uintptr_t addr, size_t npages, struct mspan *s);

/* Bytes of table that may be touched. */
size_t heapmap_committed(void);

#endif
