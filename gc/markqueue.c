/*
 * markqueue: each marker has two segments of its own and shares the others.
 *
 *   push, take --> top <--> second <--> pool: full segments, free segments
 *
 * A segment is a stack.  Of its two a marker gives or takes one when the
 * other cannot serve, so that a marker at a segment's edge does not go to the
 * pool for every item.  What leaves the stack passes a short ring on its way
 * to be scanned (gc/mark.c): the memory is asked for when it enters and there
 * when it comes out.  A stack alone would want the memory just asked for.
 *
 * The end: a marker without work is idle.  It is over when all that take part
 * are idle and the pool has no full segment, both seen under the lock; only
 * one that is not idle can make work.
 *
 * Helpers, who may not scan everything, put what they may not aside; they see
 * no end and do not wait for one.
 *
 * No memory for a segment: the item is dropped and the pool says so; its
 * object is marked but not scanned, and gc/mark.c scans all marked objects
 * anew.
 *
 * Locking:    markpool.  Context: worker, assisting mutator; busy.
 */
#include "gc/markqueue.h"

#include "core/atomics.h"
#include "core/os.h"
#include "core/os_own.h"

enum {
	CHUNK_SEGMENTS = 16, /* made at once: 64 KiB */
	SHARE_MIN = 8,       /* items that are worth the others' while */
};

static void push_list(
	struct markqueue_segment **list, struct markqueue_segment *s)
{
	s->next = *list;
	store_relaxed(list, s);
}

static struct markqueue_segment *pop_list(struct markqueue_segment **list)
{
	struct markqueue_segment *s = *list;

	if (s != NULL)
		store_relaxed(list, s->next);
	return s;
}

static void make_segments_locked(struct markpool *pool)
{
	struct markqueue_segment *s =
		os_own_map(CHUNK_SEGMENTS * sizeof(struct markqueue_segment));

	for (int i = 0; s != NULL && i < CHUNK_SEGMENTS; i++)
		push_list(&pool->free, &s[i]);
}

/* A segment without items, or NULL: no memory. */
static struct markqueue_segment *free_segment_locked(struct markpool *pool)
{
	if (pool->free == NULL)
		make_segments_locked(pool);
	return pop_list(&pool->free);
}

static void wake_idle(struct markpool *pool)
{
	store_relaxed(&pool->turn, pool->turn + 1);
	os_futex_wake_all(&pool->turn);
}

static void put_locked(struct markpool *pool, struct markqueue_segment *s)
{
	if (s == NULL)
		return;
	push_list(s->n > 0 ? &pool->full : &pool->free, s);
	if (s->n > 0 && load_relaxed(&pool->nidle) > 0)
		wake_idle(pool);
}

void markqueue_join(struct markqueue *q, struct markpool *pool)
{
	*q = (struct markqueue){.pool = pool};
	lock(&pool->lock);
	pool->nmarkers++;
	unlock(&pool->lock);
}

static void empty_ring(struct markqueue *q)
{
	for (uint32_t i = 0; i < MARKQUEUE_RING; i++) {
		if (q->ring[i] != 0)
			markqueue_push(q, q->ring[i]);
		q->ring[i] = 0;
	}
}

static void put_all_locked(struct markqueue *q)
{
	put_locked(q->pool, q->top);
	put_locked(q->pool, q->second);
	q->top = q->second = NULL;
}

void markqueue_offer(struct markqueue *q)
{
	empty_ring(q);
	lock(&q->pool->lock);
	put_all_locked(q);
	unlock(&q->pool->lock);
}

void markqueue_leave(struct markqueue *q)
{
	struct markpool *pool = q->pool;

	empty_ring(q);
	lock(&pool->lock);
	put_all_locked(q);
	pool->nmarkers--;
	/* Those who are idle wait for nobody else now, perhaps. */
	if (load_relaxed(&pool->nidle) > 0)
		wake_idle(pool);
	unlock(&pool->lock);
}

void markqueue_put_aside(struct markqueue *q, uint64_t item)
{
	struct markpool *pool = q->pool;

	lock(&pool->lock);
	struct markqueue_segment *s = pool->aside;
	if (s == NULL || s->n == MARKQUEUE_ITEMS) {
		s = free_segment_locked(pool);
		if (s != NULL)
			push_list(&pool->aside, s);
	}
	if (s != NULL)
		s->items[s->n++] = item;
	else
		store_relaxed(&pool->is_overflowed, true);
	if (load_relaxed(&pool->nidle) > 0)
		wake_idle(pool);
	unlock(&pool->lock);
}

void markqueue_push_slow(struct markqueue *q, uint64_t item)
{
	struct markqueue_segment *full = q->top;

	q->top = q->second;
	q->second = full;
	if (q->top == NULL || q->top->n == MARKQUEUE_ITEMS) {
		lock(&q->pool->lock);
		put_locked(q->pool, q->top);
		q->top = free_segment_locked(q->pool);
		unlock(&q->pool->lock);
	}
	if (q->top != NULL)
		q->top->items[q->top->n++] = item;
	else
		store_relaxed(&q->pool->is_overflowed, true);
}

uint64_t markqueue_take_slow(struct markqueue *q)
{
	struct markqueue_segment *empty = q->top;

	q->top = q->second;
	q->second = empty;
	if (q->top == NULL || q->top->n == 0) {
		if (load_relaxed(&q->pool->full) == NULL &&
			(q->is_helper || load_relaxed(&q->pool->aside) == NULL))
			return 0;
		lock(&q->pool->lock);
		put_locked(q->pool, q->top);
		q->top = pop_list(&q->pool->full);
		if (q->top == NULL && !q->is_helper)
			q->top = pop_list(&q->pool->aside);
		unlock(&q->pool->lock);
	}
	return q->top != NULL ? q->top->items[--q->top->n] : 0;
}

void markqueue_share(struct markqueue *q)
{
	struct markqueue_segment *top = q->top;

	if (top == NULL || top->n < SHARE_MIN)
		return;
	lock(&q->pool->lock);
	struct markqueue_segment *s = free_segment_locked(q->pool);
	if (s != NULL) {
		/* The oldest: they lead to more than the latest. */
		s->n = top->n / 2;
		top->n -= s->n;
		__builtin_memcpy(
			s->items, top->items, s->n * sizeof s->items[0]);
		__builtin_memmove(top->items, top->items + s->n,
			top->n * sizeof top->items[0]);
		put_locked(q->pool, s);
	}
	unlock(&q->pool->lock);
}

bool markqueue_wait(struct markqueue *q)
{
	struct markpool *pool = q->pool;
	bool found;

	lock(&pool->lock);
	const uint32_t nends = pool->nends;
	store_relaxed(&pool->nidle, pool->nidle + 1);
	for (;;) {
		found = pool->full != NULL || pool->aside != NULL;
		if (found || pool->nends != nends)
			break;
		if (pool->nidle == pool->nmarkers) {
			pool->nends++; /* for all who wait */
			wake_idle(pool);
			break;
		}
		const uint32_t turn = pool->turn;
		unlock(&pool->lock);
		os_futex_wait(&pool->turn, turn);
		lock(&pool->lock);
	}
	store_relaxed(&pool->nidle, pool->nidle - 1);
	unlock(&pool->lock);
	return found;
}

bool markpool_take_overflow(struct markpool *pool)
{
	bool overflowed = load_relaxed(&pool->is_overflowed);

	store_relaxed(&pool->is_overflowed, false);
	return overflowed;
}

static void clear_list(struct markpool *pool, struct markqueue_segment **list)
{
	struct markqueue_segment *s;

	while ((s = pop_list(list)) != NULL) {
		s->n = 0;
		push_list(&pool->free, s);
	}
}

void markpool_clear(struct markpool *pool)
{
	lock(&pool->lock);
	clear_list(pool, &pool->full);
	clear_list(pool, &pool->aside);
	store_relaxed(&pool->is_overflowed, false);
	unlock(&pool->lock);
}

void markpool_reset(struct markpool *pool)
{
	*pool = (struct markpool){.lock = LOCK_INIT(markpool)};
}
