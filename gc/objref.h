/*
 * objref: from a word that may be a pointer to the object that it means.
 *
 *   in an object            the object, first byte or interior
 *   a free slot, a tail     nothing
 *
 * C allows a pointer one past the end of an object, and programs keep objects
 * by nothing else (PHP's arrays of one element).  It means the object because
 * every object is longer than what was asked for (heap_leave_room): else it
 * would mean the next one, or both, and every live object would keep a
 * neighbour and all that leads to.
 *
 * Context: any; s is never unmapped, so it may be stale where no mark runs.
 */
#ifndef GC_OBJREF_H
#define GC_OBJREF_H

#include <stdint.h>

#include "core/heapmap.h"
#include "core/mspan.h"

/* Bits found in memory or in a register. */
struct word {
	uintptr_t bits; /* any value */
};

/* The slot of s that the address lies in; span NULL: in its tail. */
static inline struct objref objref_slot(struct mspan *s, uintptr_t addr)
{
	struct objref o = {s, sizeclass_index(s->magic, addr - s->base)};

	if (unlikely(o.index >= load_relaxed(&s->nelems)))
		o.span = NULL;
	return o;
}

/* The allocated object that w points at or into; span NULL: none. */
struct objref objref_resolve(struct word w);

#endif
