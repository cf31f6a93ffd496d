/*
 * lock: a futex lock of four bytes with a rank.
 *
 * Ranks are an order: a thread takes locks of strictly growing rank, so no
 * cycle of waiting threads can form.  FOR_EACH_LOCK is the only list; fork
 * takes them in this order.
 *
 * A thread that holds any lock is busy (core/thread.h), so
 * that a signal handler on it knows not to wait for one.
 */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Every rank, outermost first: X(name, purpose). */
#define FOR_EACH_LOCK(X)                                                       \
	X(collector, "starting and ending the collector's thread")             \
	X(mcaches, "the list of all mcaches")                                  \
	X(mcache_shared, "the mcache of threads that have none (any more)")    \
	X(mcache, "one mcache: its span lists, its inbox, who owns its spans") \
	X(mcentral, "spans of one class that no thread owns")                  \
	X(mheap, "page allocator, mspan structs, heap map, large objects")     \
	X(markpool, "objects that wait to be scanned")                         \
	X(prof, "the heap profile: buckets, sampled objects")

enum lock_rank {
#define LOCK_RANK(name, purpose) LOCK_RANK_##name,
	FOR_EACH_LOCK(LOCK_RANK)
#undef LOCK_RANK
};

/* Zero-initialised is unlocked, but the rank must be set: LOCK_INIT. */
struct lock {
	uint32_t state; /* 0 free, 1 held, 2 held and somebody sleeps */
	uint32_t rank;  /* enum lock_rank; constant */
};

#define LOCK_INIT(name)                                                        \
	{                                                                      \
		0, LOCK_RANK_##name                                            \
	}

/* Takes the lock; sleeps if it must.  The thread is busy (core/thread.h). */
void lock(struct lock *l);

/*
 * The same for one of several locks of one rank: fork takes all of them, in
 * the order of their lists, which nobody else does.
 */
void lock_one_of_many(struct lock *l);

/* Gives the lock back. */
void unlock(struct lock *l);

/* Dies unless somebody holds the lock: a stated rule, checked. */
void lock_assert_held(const struct lock *l);

/* In the child of fork: free, whoever held it. */
void lock_reset(struct lock *l);

#endif
