/*
 * heap_sample: the heap profile hears of samples.  See heap_sample.c.
 */
#ifndef CORE_HEAP_SAMPLE_H
#define CORE_HEAP_SAMPLE_H

#include <stddef.h>

#include "core/mspan.h"
#include "core/thread.h"

/*
 * p has been allocated for a request of size bytes, a large one where the
 * class is 0: if it is a sample, the profile counts it.  The thread is busy
 * and holds nothing.
 */
COLD void heap_sample_new(
	struct thread *t, void *p, unsigned class, size_t size);

/* A sample is about to be freed.  Context: any, handler included. */
COLD void heap_sample_freed(struct thread *t, struct objref o);

/* A sample has another size now, in its place.  Context: as above. */
COLD void heap_sample_resized(struct thread *t, struct objref o, size_t size);

/*
 * A large sample is about to change its size or place: it is no sample any
 * more; its bucket.  Then it has changed (done), or is what it was.  The
 * thread is busy.
 */
COLD struct bucket *heap_sample_moving(struct objref o);
COLD void heap_sample_moved(struct objref o, struct bucket *b, bool done);

/* Whether the object is a sample. */
static inline bool heap_is_sample(struct objref o)
{
	return load_relaxed(mspan_state(o)) == OBJECT_SAMPLED;
}

/* The profile has begun, or has another rate: this thread knows at once. */
void heap_sample_again(void);

#endif
