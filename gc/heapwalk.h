/*
 * heapwalk: every span, in the order of their addresses.
 *
 * Context: worker; spans are held back (mheap_hold_spans), or the caller asks
 * about each span under its lock.
 */
#ifndef GC_HEAPWALK_H
#define GC_HEAPWALK_H

#include <stdint.h>

#include "core/mspan.h"

/* Gets a span. */
typedef void heapwalk_visit_fn(struct mspan *s, void *arg);

/* Visits the spans that have a page in [lo, hi), which may lie anywhere. */
void heapwalk_range(
	uintptr_t lo, uintptr_t hi, heapwalk_visit_fn *visit, void *arg);

/* Visits all spans there are. */
void heapwalk(heapwalk_visit_fn *visit, void *arg);

#endif
