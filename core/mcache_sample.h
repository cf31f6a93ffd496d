/*
 * mcache_sample: which small objects the heap profile samples.  See
 * mcache_sample.c.
 *
 * Caller: the mcache's owner, busy.
 */
#ifndef CORE_MCACHE_SAMPLE_H
#define CORE_MCACHE_SAMPLE_H

#include <stdbool.h>

#include "core/mcache.h"

/* Objects between two looks at whether there is a profile. */
enum { MCACHE_UNSAMPLED = 1 << 16 };

/*
 * No object of the class is left to be handed out unseen: whether the next
 * one is a sample.  If not, some are left again.
 */
bool mcache_sample_is_due(struct mcache *c, unsigned class);

/* n more objects of the class may be brought; then one is due. */
void mcache_sample_after(struct mcache *c, unsigned class, uint64_t n);

/* The object that was due has been handed out. */
void mcache_sample_taken(struct mcache *c, unsigned class, void *p);

/* The profile's rate has changed, or the mcache has a new owner. */
void mcache_sample_again(struct mcache *c);

#endif
