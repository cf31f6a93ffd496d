/*
 * mcache_spans: the lists of spans that an mcache owns.  See mcache_spans.c.
 *
 * Holds: the mcache's lock, for every function.
 */
#ifndef CORE_MCACHE_SPANS_H
#define CORE_MCACHE_SPANS_H

#include <stdbool.h>

#include "core/mcache.h"
#include "core/mspan.h"

/* Whether c allocates from s now. */
bool mcache_is_current(const struct mcache *c, const struct mspan *s);

/* Takes s out of its list, if it is in one. */
void mcache_unlist_locked(struct mcache *c, struct mspan *s);

/*
 * Puts a span that is not current into the list that its count of objects
 * asks for; an empty one may go back to mheap.
 */
void mcache_relist_locked(struct mcache *c, struct mspan *s);

/* Gives an empty span back to mheap. */
void mcache_free_empty_locked(struct mcache *c, struct mspan *s);

/* Puts a span that has become PENDING into the inbox. */
void mcache_inbox_push_locked(struct mcache *c, struct mspan *s);

/* Takes over what strangers freed in one span, which may then be gone. */
void mcache_collect_locked(struct mcache *c, struct mspan *s);

/* The same for all spans in the inbox. */
void mcache_collect_inbox_locked(struct mcache *c);

#endif
