/*
 * page: what the probe inside a program and the sampler outside share.
 *
 * A file per process, FOLDER/PID.probe, mapped by both.  The probe counts
 * requests by size; it answers questions about the allocator's own figures
 * between two calls of malloc or free:
 *
 *   sampler: question = n, is_held = 1     asks, and wants the program to wait
 *   probe:   heap = ..., answer = n        at the next call, before it acts
 *   sampler: reads /proc/PID, is_held = 0  the program goes on
 *
 * Between two calls an allocator changes nothing, so a late answer is as
 * true as an early one.  At the end of the program the probe answers once
 * more, says is_over, and waits as long as is_kept.
 *
 * Locking:    counters are relaxed atomics, added up by the reader; heap
 *             belongs to the probe until answer says that it is there.
 */
#ifndef CMD_PROBE_PAGE_H
#define CMD_PROBE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#define PROBE_FOLDER "GOALLOC_PROBE" /* environment: where the files go */

enum {
	PROBE_MAGIC = 0x62726f70, /* also the layout's version: change it */
	PROBE_NSHARDS = 16,       /* threads share them */
	PROBE_FINE = 1024,        /* to here a bucket is 16 bytes wide */
	PROBE_FINE_WIDTH = 16,
	PROBE_NFINE = PROBE_FINE / PROBE_FINE_WIDTH, /* [1..NFINE]; 0: size 0 */
	PROBE_PER_DOUBLING = 8,                      /* buckets from there on */
	PROBE_NDOUBLINGS = 30,
	PROBE_NBUCKETS =
		1 + PROBE_NFINE + PROBE_PER_DOUBLING * PROBE_NDOUBLINGS,
	PROBE_HOLD_MS = 100,   /* the program never waits longer */
	PROBE_KEEP_MS = 60000, /* nor at its end */
};

enum probe_allocator {
	PROBE_UNKNOWN, /* nothing but the counters is known */
	PROBE_GLIBC,
	PROBE_GOALLOC,
	PROBE_JEMALLOC,
};

/* What the allocator says of itself, in bytes. */
struct probe_heap {
	uint64_t allocator; /* enum probe_allocator */
	uint64_t live;      /* in live objects, with rounding and headers */
	uint64_t slots;     /* free among live objects */
	uint64_t kept;      /* free pages not given back */
	uint64_t metadata;  /* its own tables */
	uint64_t address;   /* of some live object */
	uint64_t took_ns;  /* CPU time of the answer: glibc walks all its chunks
			    */
	uint64_t goal;     /* of the collector; 0: none */
	uint64_t ncycles;  /* collections */
	uint64_t pause_ns; /* all pauses together */
	uint64_t gc_ppm;   /* collector's millionths of the CPU time */
};

/* Counters of one bucket. */
struct probe_bucket {
	uint64_t nrequests; /* by requested size: calls */
	uint64_t requested; /* their bytes */
	uint64_t usable;    /* usable bytes they got */
	uint64_t nallocs;   /* by usable size: objects handed out */
	uint64_t asked;     /* requested bytes in them */
	uint64_t got;       /* usable bytes in them */
	uint64_t nfrees;    /* objects taken back */
	uint64_t lost;      /* usable bytes in them */
};

struct probe_shard {
	struct probe_bucket bucket[PROBE_NBUCKETS];
};

struct probe_page {
	uint32_t magic;         /* PROBE_MAGIC */
	int32_t pid;            /* whose it is */
	uint32_t question;      /* number of the latest */
	uint32_t answer;        /* number of the latest answered: futex */
	uint32_t is_held;       /* rest after answering: futex */
	uint32_t is_kept;       /* rest at the end: futex */
	uint32_t is_over;       /* the program is at its end */
	uint32_t is_busy;       /* a thread is answering */
	uint32_t nshards;       /* in use, as good as exactly */
	struct probe_heap heap; /* the answer */
	struct probe_shard shard[PROBE_NSHARDS];
};

/* The bucket of a size: see PROBE_FINE. */
static inline size_t probe_bucket_of(size_t size)
{
	if (size <= PROBE_FINE)
		return (size + PROBE_FINE_WIDTH - 1) / PROBE_FINE_WIDTH;

	/* (1024, 2048] is doubling 0; its eight buckets are 128 wide. */
	const unsigned log = 63 - (unsigned)__builtin_clzl(size - 1);
	const unsigned doubling = log - 10;
	const size_t step = (size_t)1 << (log - 3);
	const size_t part = (size - 1 - ((size_t)1 << log)) / step;
	const size_t at = 1 + PROBE_NFINE + 8 * doubling + part;

	return at < PROBE_NBUCKETS ? at : PROBE_NBUCKETS - 1;
}

/* The greatest size in a bucket. */
static inline size_t probe_bucket_top(size_t bucket)
{
	if (bucket <= PROBE_NFINE)
		return bucket * PROBE_FINE_WIDTH;

	const size_t i = bucket - 1 - PROBE_NFINE;

	return ((size_t)PROBE_FINE << (i / 8)) +
	       (i % 8 + 1) * ((size_t)(PROBE_FINE / 8) << (i / 8));
}

#endif
