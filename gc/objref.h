/*
 * objref: from a word that may be a pointer to the object that it means.
 *
 *   in an object            the object, first byte or interior
 *   one past its last byte  the object, if nothing else begins there; see
 *                           objref_resolve_end
 *   a free slot, a tail     nothing
 *
 * C allows a pointer one past the end of an object.  Where the slot behind is
 * another object's the word means both, and to keep both for every pointer
 * would keep a neighbour for every live object, and what that points to.  So
 * roots keep both (a register may hold nothing but the end of a loop), words
 * in the heap only the one that begins there.
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

/* The allocated object that ends where w points; span NULL: none. */
struct objref objref_resolve_end(struct word w);

#endif
