/*
 * large: objects that are a span of their own.  See large.c.
 */
#ifndef CORE_LARGE_H
#define CORE_LARGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mspan.h"

/* All but large_fits: the thread is busy. */

/*
 * A large object of at least size bytes at a multiple of align, or NULL.
 * *zeroed: whether the caller wants zeroes; then, whether it reads as zero.
 */
void *large_alloc(size_t size, size_t align, bool *zeroed);

/* Frees a large object; false: it was freed before. */
bool large_free(struct objref o);

/* Takes back the span of one that has been marked as freed. */
void large_give_back(struct mspan *s);

/* Makes one at least size bytes long, moving it if it must; NULL: no memory. */
void *large_realloc(struct objref o, size_t size);

/* Whether an object of this span may have been asked for with this size. */
bool large_fits(const struct mspan *s, size_t size);

#endif
