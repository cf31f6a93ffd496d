/*
 * samples: which live objects are sampled.  See samples.c.
 */
#ifndef PROF_SAMPLES_H
#define PROF_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"

struct bucket;

enum { SAMPLES_FILTER_SIZE = 1 << 16 /* counters */ };

/*
 * Live samples by a hash of their address, so that most frees see at once
 * that theirs is none.  NULL: samples_use_filter was not called.  Written
 * under prof.
 */
extern uint32_t *samples_filter;

/*
 * For an allocator that cannot tell samples apart: samples_may_have answers
 * from now on.  Before the first sample.  Holds: prof.
 */
void samples_use_filter(void);

/* A hash of an address; objects are 8 bytes apart at least. */
static inline uint64_t samples_hash(uintptr_t addr)
{
	return (addr >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

/*
 * Whether an object that the caller has may be a sample: false is certain.
 * Holds: nothing.  Context: any.  After samples_use_filter.
 */
static inline bool samples_may_have(uintptr_t addr)
{
	const uint32_t *filter = load_acquire(&samples_filter);

	/* Whatever passed the address on orders this after the insertion. */
	return filter != NULL &&
	       load_relaxed(
		       &filter[samples_hash(addr) % SAMPLES_FILTER_SIZE]) != 0;
}

/*
 * Notes that the object at addr is a sample of b.  If the address is there
 * already, its free has been missed: the old bucket is returned.  *done is
 * false where there is no memory.  Holds: prof.
 */
struct bucket *samples_insert(uintptr_t addr, struct bucket *b, bool *done);

/* Takes the address out; its bucket, or NULL.  Holds: prof. */
struct bucket *samples_remove(uintptr_t addr);

/* Calls visit for each of them.  Holds: prof. */
void samples_visit(void (*visit)(uintptr_t addr, struct bucket *b));

/* How many there are.  Holds: prof. */
size_t samples_count(void);

#endif
