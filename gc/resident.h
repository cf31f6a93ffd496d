/*
 * resident: what of the process is in memory, as GOMEMLIMIT means it.
 *
 * The kernel's count is read by the collector's thread only: it takes a file.
 * In between the heap's share is followed page by page and the rest taken for
 * what it was.
 */
#ifndef GC_RESIDENT_H
#define GC_RESIDENT_H

#include <stdint.h>

#include "gc/pacer.h"

/* Asks the kernel.  Context: the collector's thread, or early; takes mheap. */
void resident_measure(void);

/* As far as is known now.  Context: busy; takes mheap. */
struct pacer_memory resident_estimate(void);

/*
 * Tells the heap how much of it may be resident under the limit; INT64_MAX:
 * as much as it likes.  Context: busy; takes mheap.
 */
void resident_set_limit(int64_t limit);

#endif
