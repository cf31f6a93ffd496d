/*
 * statspage: what another process may read of the heap, without stopping it.
 *
 * One struct in the library's writable data.  A reader finds it by its magic
 * in a mapping of the library (/proc/PID/maps) and copies it with
 * process_vm_readv: no call is made at start, no descriptor stays open, and
 * nothing is there for a sandbox to forbid.
 *
 *   heap, gc   counters, published whole: a reader that finds the sequence
 *              number even and the same before and after has one moment
 *   layout     where spans, mcaches and size classes lie and how they are
 *              built, so that the reader counts live objects by itself
 *
 * The version changes when a field changes its meaning; fields are added at
 * the end, and bytes says how far the writer's struct goes.
 */
#ifndef CORE_STATSPAGE_H
#define CORE_STATSPAGE_H

#include <stdint.h>

#include "core/compiler.h"

#define STATSPAGE_MAGIC "goalloc: stats\n" /* 16 bytes with its 0 */

enum {
	STATSPAGE_VERSION = 1,
	STATSPAGE_ALIGN = 64, /* where a reader need look */
};

/* Offsets in bytes from the start of the struct that holds the field. */
struct statspage_layout {
	uint64_t heapmap;        /* address of struct heapmap */
	uint64_t mcaches;        /* address of struct mcache_registry */
	uint64_t classes;        /* address of sizeclass_table */
	uint32_t page_shift;     /* a Go page is 1 << page_shift bytes */
	uint32_t nclasses;       /* size classes; 0 is a large object */
	uint32_t class_stride;   /* bytes of a row of sizeclass_table */
	uint32_t class_size;     /* in the row: bytes of an object, 32 bits */
	uint32_t heapmap_base;   /* the window's first byte */
	uint32_t heapmap_size;   /* bytes of the window ever used */
	uint32_t heapmap_spans;  /* array of mspan pointers, by page */
	uint32_t mcaches_all;    /* first mcache */
	uint32_t mcaches_ninuse; /* mcaches with a thread */
	uint32_t mcache_bytes;   /* size of struct mcache */
	uint32_t mcache_next;    /* the next mcache */
	uint32_t mcache_classes; /* array of struct mcache_class */
	uint32_t mcache_stride;  /* bytes of struct mcache_class */
	uint32_t mcache_nmalloc; /* in it: objects handed out or cached */
	uint32_t mcache_slots;   /* array of struct mcache_slot */
	uint32_t slot_stride;    /* bytes of struct mcache_slot */
	uint32_t slot_nalloc;    /* in it: the rest of nmalloc, mod 2^64 */
	uint32_t slot_out;       /* where malloc takes from, a pointer */
	uint32_t slot_rows;      /* both magazines, a pointer */
	uint32_t slot_size;      /* rounds in one, 16 bits */
	uint32_t round_bytes;    /* size of a round */
	uint32_t mspan_header;   /* bytes before the states */
	uint32_t mspan_base;     /* address of object 0, 64 bits */
	uint32_t mspan_npages;   /* Go pages, 32 bits */
	uint32_t mspan_nelems;   /* objects, 16 bits */
	uint32_t mspan_class;    /* size class, 8 bits */
	uint32_t mspan_nlines;   /* size of the struct in 64 bytes, 8 bits */
	uint32_t mspan_nwords;   /* words of 64 objects, 8 bits */
	uint32_t mspan_remote;   /* line where the remote part is, 8 bits */
	uint32_t mspan_purged;   /* bytes given back inside it, 32 bits */
	uint32_t mspan_cached;   /* free_cache: cached objects as bits */
	uint32_t mspan_states;   /* a byte an object; 1: the program has it */
	uint32_t remote_bits;    /* in the remote part: freed by others */
	uint32_t reserved;       /* 0 */
};

/* The page heap, in bytes unless said otherwise. */
struct statspage_heap {
	uint64_t reserved;       /* address space for the heap */
	uint64_t committed;      /* of it, known to the page allocator */
	uint64_t idle;           /* in free pages */
	uint64_t released;       /* of idle: not resident */
	uint64_t purged;         /* likewise, but inside spans in use */
	uint64_t large_bytes;    /* in large objects */
	uint64_t large_count;    /* large objects */
	uint64_t large_mallocs;  /* large objects ever handed out */
	uint64_t large_total;    /* bytes in them */
	uint64_t nspans;         /* spans in use */
	uint64_t meta_inuse;     /* span and mcache structs in use */
	uint64_t meta_sys;       /* obtained for them */
	uint64_t map_sys;        /* tables by page */
	uint64_t released_total; /* ever given back to the OS */
	uint64_t goal_regret;    /* what the scavenger keeps beyond Go's goal */
};

enum statspage_phase {
	STATSPAGE_GC_OFF,   /* no cycle runs */
	STATSPAGE_GC_SWEEP, /* the rest of the last cycle is swept */
	STATSPAGE_GC_MARK,  /* marking beside the program */
	STATSPAGE_GC_STOP,  /* the program is stopped */
};

/* The collector; all 0 while there is none. */
struct statspage_gc {
	uint64_t enabled;      /* 1: GOGC or GOMEMLIMIT asks for collections */
	uint64_t phase;        /* enum statspage_phase */
	uint64_t ncycles;      /* collections done */
	uint64_t nforced;      /* of them asked for */
	uint64_t heap_marked;  /* bytes found live by the last */
	uint64_t heap_goal;    /* heap size that starts the next is below it */
	uint64_t last_unix_ns; /* end of the last, since 1970 */
	uint64_t pause_total_ns; /* all pauses together */
	uint64_t pause_last_ns;  /* the latest */
	uint64_t cpu_ppm;        /* millionths of the CPU time since start */
	int64_t percent;         /* GOGC; -1: off */
	uint64_t memory_limit;   /* GOMEMLIMIT; UINT64_MAX: none */
	uint64_t barrier;        /* rung of the barrier's ladder, 1 to 5 */
};

/* The whole. */
struct statspage {
	char magic[16];   /* STATSPAGE_MAGIC */
	uint32_t version; /* STATSPAGE_VERSION */
	uint32_t bytes;   /* size of this struct */
	uint64_t self;    /* its address: what only looks like it has not */
	char library[16]; /* version of the library, "0.1.0" */
	struct statspage_layout layout; /* constant */
	uint64_t heap_seq;              /* odd: heap is being written */
	struct statspage_heap heap;     /* guarded by heap_seq */
	uint64_t gc_seq;                /* odd: gc is being written */
	struct statspage_gc gc;         /* guarded by gc_seq */
};

extern struct statspage statspage HIDDEN;

/* Brings heap up to date.  Holds: mheap. */
void statspage_publish_locked(void);

/* Publishes what the collector says of itself.  Caller: one at a time. */
void statspage_set_gc(const struct statspage_gc *gc);

#endif
