/*
 * markqueue: objects that are marked and wait to be scanned.  See markqueue.c.
 *
 * An item is any 64-bit value but 0; what it means is gc/mark.c's business.
 *
 * Context: worker, and mutators that assist; busy.
 */
#ifndef GC_MARKQUEUE_H
#define GC_MARKQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/compiler.h"
#include "core/lock.h"

enum {
	MARKQUEUE_ITEMS = 510, /* so that a segment is 4 KiB */
	MARKQUEUE_HALF = 16,   /* items whose memory is asked for at once */
	MARKQUEUE_RING = 2 * MARKQUEUE_HALF, /* and those before them */
};

/* A stack of items that changes hands as a whole. */
struct markqueue_segment {
	struct markqueue_segment *next;  /* in one of the pool's lists */
	size_t n;                        /* items in it */
	uint64_t items[MARKQUEUE_ITEMS]; /* the last one comes out first */
};

/* What all markers share. */
struct markpool {
	struct lock lock;                /* markpool */
	struct markqueue_segment *full;  /* have items; guarded by lock */
	struct markqueue_segment *free;  /* have none; guarded by lock */
	struct markqueue_segment *aside; /* not for helpers; guarded by lock */
	uint32_t nmarkers;               /* that take part; guarded by lock */
	uint32_t nidle;                  /* of them, without work; atomic */
	uint32_t nends;     /* times it was over; guarded by lock */
	uint32_t turn;      /* futex: counts reasons to look again */
	bool is_overflowed; /* items were lost: no memory; atomic */
};

/* One marker's share.  Owner only. */
struct markqueue {
	struct markpool *pool;            /* fixed */
	struct markqueue_segment *top;    /* NULL before the first item */
	struct markqueue_segment *second; /* empty, full or NULL */
	uint64_t ring[MARKQUEUE_RING];    /* prefetched, by halves; 0: none */
	uint32_t at;                      /* the ring's next */
	bool is_helper;                   /* takes nothing that lies aside */
};

/* Takes part with an empty queue.  Takes markpool. */
void markqueue_join(struct markqueue *q, struct markpool *pool);

/* Takes part no more; what is left goes to the pool.  Takes markpool. */
void markqueue_leave(struct markqueue *q);

/* The rest of markqueue_push: another segment. */
COLD void markqueue_push_slow(struct markqueue *q, uint64_t item);

/* The rest of markqueue_take: the other segment, or one from the pool. */
COLD uint64_t markqueue_take_slow(struct markqueue *q);

/* Puts half of the queue up for others.  Takes markpool. */
COLD void markqueue_share(struct markqueue *q);

/* Puts all of the queue up for others.  Takes markpool. */
void markqueue_offer(struct markqueue *q);

/* Leaves an item to those that are no helpers.  Takes markpool. */
COLD void markqueue_put_aside(struct markqueue *q, uint64_t item);

/*
 * With nothing left to do: waits until there is something in the pool (true)
 * or until no marker has anything (false).  Takes markpool.
 */
bool markqueue_wait(struct markqueue *q);

/* Whether items were lost since the last call. */
bool markpool_take_overflow(struct markpool *pool);

/* Forgets all items.  Nobody takes part. */
void markpool_clear(struct markpool *pool);

/* In the child of fork: no marker, no item; segments are left behind. */
void markpool_reset(struct markpool *pool);

/* Adds an item. */
static inline void markqueue_push(struct markqueue *q, uint64_t item)
{
	struct markqueue_segment *top = q->top;

	if (unlikely(top == NULL || top->n == MARKQUEUE_ITEMS))
		markqueue_push_slow(q, item);
	else
		top->items[top->n++] = item;
}

/* The latest item, 0 if there is none here or in the pool. */
static inline uint64_t markqueue_take(struct markqueue *q)
{
	struct markqueue_segment *top = q->top;

	if (unlikely(top == NULL || top->n == 0))
		return markqueue_take_slow(q);
	return top->items[--top->n];
}

#endif
