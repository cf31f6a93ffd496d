/*
 * stats: what the heap holds, counted when asked.
 *
 * The fast paths count nothing: live objects are those whose state says
 * so, and an mcache knows how many objects it has brought to where malloc takes
 * them.
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stdint.h>

#include "core/sizeclass.h"

/* One size class. */
struct heap_class_stats {
	uint64_t size;    /* bytes of an object; class 0: 0 */
	uint64_t mallocs; /* objects ever handed out */
	uint64_t frees;   /* of them, freed since */
};

/* All in bytes unless said otherwise. */
struct heap_stats {
	uint64_t alloc_bytes; /* in live objects, rounded to their class */
	uint64_t total_alloc_bytes; /* ever handed out */
	uint64_t mallocs;           /* objects ever handed out */
	uint64_t frees;             /* objects freed */
	uint64_t heap_sys;          /* address space reserved for the heap */
	uint64_t heap_committed;    /* of it, known to the page allocator */
	uint64_t heap_inuse;        /* in spans, but for purged pages */
	uint64_t heap_idle;         /* in free pages, purged ones too */
	uint64_t heap_released;     /* in free pages that are not resident */
	uint64_t heap_objects;      /* live objects */
	uint64_t small_free_bytes;  /* free slots and tails of small spans */
	uint64_t large_bytes;       /* in large objects */
	uint64_t large_count;       /* large objects */
	uint64_t nspans;            /* spans in use */
	uint64_t nthreads;          /* mcaches in use */
	uint64_t mspan_inuse;       /* span and mcache structs in use */
	uint64_t mspan_sys;         /* obtained for them */
	uint64_t mcache_inuse;      /* mcaches in use; part of mspan_inuse */
	uint64_t mcache_sys;        /* all mcaches; part of mspan_sys */
	uint64_t heapmap_sys;       /* page tables: heap map and page bitmaps */
	uint64_t other_sys;         /* anything else obtained from the OS */
	uint64_t early_bytes;       /* early memory in use */
	uint64_t released_total;    /* ever given back to the OS */
	struct heap_class_stats by_size[NCLASSES]; /* by size class */
};

/*
 * Counts.  A snapshot taken beside running threads: each figure was true at
 * some moment of the call.  Walks every span: milliseconds for large heaps.
 * Context: any; from a handler that interrupted malloc all zero.
 */
void heap_stats_read(struct heap_stats *out);

#endif
