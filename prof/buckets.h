/*
 * buckets: counts by stack and size.  See buckets.c.
 *
 * Holds: prof, for every function that does not say otherwise.
 */
#ifndef PROF_BUCKETS_H
#define PROF_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prof/stack.h"

/* A stack that was seen, once.  Never changes, never goes. */
struct call_stack {
	struct call_stack *next; /* of the same hash */
	uint64_t hash;           /* of pcs */
	uint32_t npcs;           /* in pcs */
	uintptr_t pcs[];         /* return addresses, innermost first */
};

/* What makes a bucket: samples of one key are alike in everything. */
struct bucket_key {
	const struct call_stack *stack; /* who allocated */
	size_t size;                    /* bytes asked for */
	size_t weight_size;             /* bytes that decided the sampling */
	uint32_t rate;                  /* the mean distance then */
};

/* Samples of one key. */
struct bucket {
	/* Fixed. */
	struct bucket *next;   /* of the same hash */
	struct bucket *older;  /* the one made before it */
	struct bucket_key key; /* what the samples share */
	uint64_t probability;  /* of each, as in prof/sampler.h */
	uint64_t live_bytes;   /* what one live sample stands for */

	/* Guarded by prof. */
	uint64_t nallocs;     /* samples taken */
	uint64_t nfrees;      /* of them freed */
	uint64_t peak_allocs; /* nallocs at the peak; if peak is the current */
	uint64_t peak_frees;  /* likewise nfrees */
	uint64_t peak;        /* number of the peak that these two are of */
	uint64_t nlost;       /* live samples that leaks_count found lost */
};

/* All buckets. */
struct buckets {
	/* Guarded by prof, but for n and peak_bytes: written under it. */
	struct bucket *newest; /* through older */
	size_t n;              /* how many */
	uint64_t live_bytes;   /* what all live samples stand for */
	uint64_t peak_bytes;   /* its greatest value */
	uint64_t peak;         /* how often that has grown */
};

extern struct buckets buckets;

/*
 * The bucket of samples of size bytes with this stack, made if it is new;
 * NULL: no memory.
 */
struct bucket *bucket_find(const struct stack *stack, size_t size,
	size_t weight_size, uint32_t rate);

/* A sample more. */
void bucket_count_alloc(struct bucket *b);

/* A sample is freed. */
void bucket_count_free(struct bucket *b);

/* Sets *nallocs and *nfrees to what they were when the heap was greatest. */
void bucket_at_peak(
	const struct bucket *b, uint64_t *nallocs, uint64_t *nfrees);

#endif
