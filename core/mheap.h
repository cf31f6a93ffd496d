/*
 * mheap: spans from pages, pages from the OS.  See mheap.c.
 */
#ifndef CORE_MHEAP_H
#define CORE_MHEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lock.h"
#include "core/mspan.h"
#include "core/pages.h"
#include "core/scavgoal.h"

/* The heap.  One; every field is guarded by lock, but for the fixed ones. */
struct mheap {
	struct lock lock;        /* mheap */
	bool ready;              /* mheap_init succeeded */
	uintptr_t base;          /* the window's first byte; fixed */
	size_t window;           /* bytes of the window; fixed */
	uintptr_t reserved_end;  /* address space is ours up to here */
	uintptr_t grown_end;     /* the page allocator knows up to here */
	size_t reserved;         /* bytes reserved, holes left out */
	struct pages pages;      /* which pages are free, which resident */
	struct scavgoal goal;    /* how much free memory may stay resident */
	size_t nspans;           /* spans in use */
	size_t nlarge;           /* of them, large objects */
	size_t large_pages;      /* pages in large objects */
	uint64_t large_mallocs;  /* large objects ever handed out */
	uint64_t large_bytes;    /* bytes in them, what they grew by too */
	uint64_t released_bytes; /* bytes ever given back to the OS */

	bool holding;                /* spans that go are held back */
	struct mspan *held;          /* these, through next */
	struct mspan *held_released; /* likewise, with nothing behind them */

	/* Shared (atomic) */
	size_t purged_bytes; /* sum of mspan.purged */
	uint32_t sweepgen; /* even; 2 more when marking ends; see gc/sweep.c */
};

extern struct mheap mheap HIDDEN;

/* What a span is to be. */
struct span_shape {
	unsigned class;  /* size class, 0 for one large object */
	unsigned nelems; /* objects; 1 for a large one */
	size_t npages;   /* Go pages */
	size_t align;    /* of its first page, in pages; a power of two */
	bool wants_zero; /* whoever asked will clear what does not read as 0 */
};

/* Reserves the tables and chooses the window; false: no memory.  Once. */
bool mheap_init(void);

/*
 * A new span, unowned, nothing allocated; NULL: no memory.  *zeroed: whether
 * its memory reads as zero.  Takes mheap.
 */
struct mspan *mheap_alloc_span(const struct span_shape *shape, bool *zeroed);

/* Takes the span's pages back.  Nobody can reach it any more.  Takes mheap. */
void mheap_free_span(struct mspan *s);

/* The same for a span whose pages os_release or os_reset has emptied. */
void mheap_free_span_released(struct mspan *s);

/*
 * Makes a large object's span longer or shorter where it stands; false: the
 * pages behind it are in use.  Takes mheap.
 */
bool mheap_resize_span(struct mspan *s, size_t npages);

/*
 * Notes how many bytes of the span are not resident though they are in use.
 * Holds: the owner's lock.
 */
void mheap_set_purged(struct mspan *s, size_t bytes);

/*
 * From here on no span goes away or gets shorter: what is freed is held back,
 * so that a collector may look at any span and read its memory without a
 * lock.  false: what was held back goes.  Takes mheap.
 */
void mheap_hold_spans(bool on);

/* In the child of fork: nobody holds them any more.  Holds: mheap. */
void mheap_fork_child_locked(void);

/* Gives all free pages back to the OS; bytes given back.  Takes mheap. */
size_t mheap_release_all(void);

#endif
