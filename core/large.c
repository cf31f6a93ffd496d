/*
 * large: objects that are a span of their own.
 *
 *   grows:  in place, if the pages behind it are free
 *           else into a longer span elsewhere, with an eighth to spare:
 *                from 1 MiB on its pages are moved there (os_move)
 *                smaller ones, or where the kernel cannot, are copied, and
 *                what has been copied is given back on the way
 *
 * So nothing is resident twice but for a few MiB.  A span into which pages
 * were moved has a mapping that does not merge with its neighbours; it is
 * mapped afresh when it is freed, and not moved again before.
 *
 * Invariants: the one object has index 0; its remote bit decides who, of
 *             several that free it, is the first.
 * Ownership:  nobody; whoever frees the object owns the span from then on.
 * Locking:    mheap, inside.  Context: busy threads.
 */
#include "core/large.h"

#include <string.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/heap.h"
#include "core/heapmap.h"
#include "core/mheap.h"
#include "core/os.h"
#include "gc/gc.h"

enum {
	MOVE_MIN = 1 << 20,    /* bytes; below, copying is as good */
	COPY_STEP = 4 << 20,   /* bytes resident twice while copying */
	GROWTH_DIVISOR = 8,    /* what a growing large object gets on top */
	GROWTH_MIN_PAGES = 16, /* where that begins */
	MOVED_MAX = 4096,      /* each costs two mappings of 65,530 in all */
};

static uint32_t nmoved; /* spans with pages that os_move put there; atomic */

void *large_alloc(size_t size, size_t align, bool *zeroed)
{
	struct span_shape shape = {
		.class = 0,
		.nelems = 1,
		.npages = ceil_div(size, GO_PAGE_SIZE),
		.align = align > GO_PAGE_SIZE ? align / GO_PAGE_SIZE : 1,
		.wants_zero = *zeroed,
	};

	shape.npages += shape.npages == 0;
	if (shape.npages > UINT32_MAX || !heap_start())
		return NULL;
	struct mspan *s = mheap_alloc_span(&shape, zeroed);
	if (s == NULL)
		return NULL;
	/* What the program does not know of it will not overwrite. */
	if (gc_mode.on && !*zeroed)
		memset((char *)s->base + size, 0, mspan_elemsize(s) - size);
	store_release(&s->states[0], OBJECT_LIVE);
	return (void *)s->base;
}

void large_give_back(struct mspan *s)
{
	if (s->moved) {
		fetch_sub_relaxed(&nmoved, 1);
		os_reset(s->base, mspan_elemsize(s));
		mheap_free_span_released(s);
	} else {
		mheap_free_span(s);
	}
}

bool large_free(struct objref o)
{
	if (!mspan_mark_remote(o))
		return false;
	large_give_back(o.span);
	return true;
}

/* Copies in steps, giving back the source as it goes. */
static void copy_and_purge(uintptr_t from, uintptr_t to, size_t size)
{
	for (size_t done = 0; done < size; done += COPY_STEP) {
		size_t n = size - done < COPY_STEP ? size - done : COPY_STEP;
		memcpy((void *)(to + done), (void *)(from + done), n);
		os_purge(from + done, n);
	}
}

/* Whether the kernel shall move its pages: once, and not too many. */
static bool may_move(const struct mspan *s)
{
	return !s->moved && load_relaxed(&nmoved) < MOVED_MAX;
}

/*
 * The same where a collector may be reading s and watches its pages for
 * writes: they stay where they are, and it may have to say when s goes.
 */
static void copy_contents(struct mspan *s, void *q)
{
	copy_and_purge(s->base, (uintptr_t)q, mspan_elemsize(s));
	if (!gc_mode.defers)
		large_give_back(s);
}

/* The contents of s go to the span of q; s is empty and goes back. */
static void move_contents(struct mspan *s, void *q)
{
	size_t size = mspan_elemsize(s);

	if (gc_mode.on) {
		copy_contents(s, q);
		return;
	}
	if (size < MOVE_MIN) {
		memcpy(q, (void *)s->base, size);
		large_give_back(s);
		return;
	}
	if (may_move(s) && os_move(s->base, (uintptr_t)q, size)) {
		heapmap_lookup((uintptr_t)q)->moved = true;
		fetch_add_relaxed(&nmoved, 1);
	} else {
		copy_and_purge(s->base, (uintptr_t)q, size);
	}
	if (s->moved || os_release_uncommits())
		large_give_back(s);
	else
		mheap_free_span_released(s);
}

/* Moves a large object into a larger span. */
static void *large_move(struct objref o, size_t size)
{
	size_t npages = ceil_div(size, GO_PAGE_SIZE);
	size_t slack = npages > GROWTH_MIN_PAGES ? npages / GROWTH_DIVISOR : 0;
	bool zeroed = false;

	void *q =
		large_alloc(size + slack * GO_PAGE_SIZE, GO_PAGE_SIZE, &zeroed);
	if (q == NULL)
		q = large_alloc(size, GO_PAGE_SIZE, &zeroed);
	if (q == NULL)
		return NULL;
	if (!mspan_mark_remote(o))
		fatal("realloc of freed pointer 0x%lx (large, %zu bytes)",
			o.span->base, mspan_elemsize(o.span));
	move_contents(o.span, q);
	return q;
}

void *large_realloc(struct objref o, size_t size)
{
	struct mspan *s = o.span;
	size_t npages = ceil_div(size, GO_PAGE_SIZE);

	if (npages > UINT32_MAX)
		return NULL;
	if (npages == s->npages || mheap_resize_span(s, npages))
		return (void *)s->base;
	return large_move(o, size);
}

bool large_fits(const struct mspan *s, size_t size)
{
	size_t npages = ceil_div(size, GO_PAGE_SIZE);

	/* While a mark runs, what shrinks keeps its pages. */
	return s->npages >= npages &&
	       (gc_mode.on ||
		       s->npages <= npages + npages / GROWTH_DIVISOR + 1);
}
