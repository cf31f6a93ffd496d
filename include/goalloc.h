/*
 * goalloc.h: what Go's runtime and runtime/debug packages offer, for C.
 *
 * The functions are weak: a program that includes this header links and runs
 * without the library, and asks whether it is there before it calls:
 *
 *	if (goalloc_read_mem_stats != NULL)
 *		goalloc_read_mem_stats(&stats);
 *
 * Sizes are bytes, times ns.  Every function may be called by any thread at
 * any time, but not by a signal handler.  Nothing that a function returns or
 * fills in belongs to the library except where it says so.
 */
#ifndef GOALLOC_H
#define GOALLOC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef GOALLOC_API
#define GOALLOC_API __attribute__((weak))
#endif

enum {
	GOALLOC_NSIZES = 80,   /* rows of by_size; those past the last: zero */
	GOALLOC_NPAUSES = 256, /* pauses that are remembered */
};

/* Go's runtime.MemStats.  What says "cumulative" never falls. */
struct goalloc_mem_stats {
	/* In general. */
	uint64_t alloc;       /* live objects, rounded to their classes */
	uint64_t total_alloc; /* the same over all objects; cumulative */
	uint64_t sys;         /* from the OS: the sum of all *_sys */
	uint64_t lookups;     /* 0, as in Go */
	uint64_t mallocs;     /* objects allocated; cumulative */
	uint64_t frees;       /* objects freed; cumulative */

	/* The heap. */
	uint64_t heap_alloc;    /* = alloc */
	uint64_t heap_sys;      /* = heap_inuse + heap_idle */
	uint64_t heap_idle;     /* pages that hold no object */
	uint64_t heap_inuse;    /* pages of spans */
	uint64_t heap_released; /* of heap_idle: given back to the OS */
	uint64_t heap_objects;  /* = mallocs - frees */

	/* Memory that is not the heap's. */
	uint64_t stack_inuse;   /* 0: stacks are the program's */
	uint64_t stack_sys;     /* 0 */
	uint64_t mspan_inuse;   /* span descriptors in use */
	uint64_t mspan_sys;     /* memory for them */
	uint64_t mcache_inuse;  /* thread caches in use */
	uint64_t mcache_sys;    /* memory for them */
	uint64_t buck_hash_sys; /* the heap profile's tables */
	uint64_t gc_sys;        /* the map from addresses to spans */
	uint64_t other_sys;     /* all other memory of the library */

	/* The collector; all 0 where there is none. */
	uint64_t next_gc;                    /* heap size the next aims at */
	uint64_t last_gc;                    /* end of the last, since 1970 */
	uint64_t pause_total_ns;             /* cumulative */
	uint64_t pause_ns[GOALLOC_NPAUSES];  /* ring; the last one is at */
	uint64_t pause_end[GOALLOC_NPAUSES]; /* (num_gc + 255) % 256 */
	uint32_t num_gc;                     /* collections done; cumulative */
	uint32_t num_forced_gc;              /* of them asked for */
	double gc_cpu_fraction;              /* of the CPU time since start */
	uint8_t enable_gc;                   /* whether there is a collector */
	uint8_t debug_gc;                    /* 0, as in Go */

	/* By size class; row 0 holds the large objects. */
	struct {
		uint32_t size;    /* greatest size in the class */
		uint64_t mallocs; /* cumulative */
		uint64_t frees;   /* cumulative */
	} by_size[GOALLOC_NSIZES];
};

/*
 * Fills in *stats.  Objects that other threads allocate or free meanwhile may
 * be counted or not; a single thread sees exact numbers.
 */
GOALLOC_API void goalloc_read_mem_stats(struct goalloc_mem_stats *stats);

/*
 * Runs a collection and its sweep, and waits for them.  Nothing without a
 * collector.
 */
GOALLOC_API void goalloc_gc(void);

/* Go's debug.GCStats.  Times end in ns since 1970. */
struct goalloc_gc_stats {
	uint64_t last_gc;                    /* end of the last; 0: none */
	uint64_t num_gc;                     /* collections done */
	uint64_t pause_total_ns;             /* cumulative */
	uint32_t npauses;                    /* in the arrays */
	uint64_t pause_ns[GOALLOC_NPAUSES];  /* the last one first */
	uint64_t pause_end[GOALLOC_NPAUSES]; /* when each ended */
};

/*
 * Fills in *stats, and nquantiles quantiles of the pauses: the first is the
 * least pause, the last the greatest, those between lie at equal shares, so
 * five are the minimum, the quarters and the maximum.  A pause is all the time
 * that the program stood still in one collection.
 */
GOALLOC_API void goalloc_read_gc_stats(struct goalloc_gc_stats *stats,
	uint64_t *quantiles, uint32_t nquantiles);

/*
 * Sets GOGC: the heap may grow by so many per cent before the next collection
 * ends.  Negative: only the memory limit and goalloc_gc start one.  Returns
 * what it was.  In a program that was started without GOGC there is no
 * collector: nothing is set, and the result is -1.
 */
GOALLOC_API int goalloc_set_gc_percent(int percent);

/*
 * Sets GOMEMLIMIT: bytes that the process should stay below, INT64_MAX for no
 * limit.  A negative one sets nothing.  Returns what it was; INT64_MAX where
 * there is no collector.
 */
GOALLOC_API int64_t goalloc_set_memory_limit(int64_t bytes);

/* Gives as much memory back to the OS as possible. */
GOALLOC_API void goalloc_free_os_memory(void);

/*
 * The heap profile: which call sites have allocated what, by samples.  It is
 * taken where GOALLOC=profile=... or GODEBUG=memprofilerate=... asks for it,
 * or after goalloc_set_mem_profile_rate; libgoalloc-record.so has these
 * functions too, for the profile of another malloc.
 */

/*
 * Writes it to fd as gzipped profile.proto, or to a file, which is there whole
 * or not at all; a name that ends with ".heap" asks for text.  0, or -1 and
 * errno, which is ENODATA where no profile is taken.
 */
GOALLOC_API int goalloc_write_heap_profile(int fd);
GOALLOC_API int goalloc_write_heap_profile_to(const char *path);

/*
 * Sets Go's MemProfileRate: one sample in so many bytes on average; 1: every
 * allocation; 0: none.  Returns what it was, or -1 if rate is negative.  Other
 * threads follow within some 10,000 small objects.  As in Go it is best set
 * once, and early.
 */
GOALLOC_API int goalloc_set_mem_profile_rate(int rate);

/* The library's version, "0.1.0"; valid for good. */
GOALLOC_API const char *goalloc_version(void);

#ifdef __cplusplus
}
#endif

#endif
