/*
 * resident: what of the process is in memory, as GOMEMLIMIT means it.
 *
 * The kernel's count takes a file, so it is read by the collector's thread.  In
 * between the heap's share is followed page by page and the rest taken for
 * what it was.
 */
#ifndef GC_RESIDENT_H
#define GC_RESIDENT_H

#include <stdint.h>

#include "gc/pacer.h"

/*
 * Asks the kernel: a file is opened and closed.  Context: the collector's
 * thread, early, or who sets the limit; takes mheap.
 */
void resident_measure(void);

/* As far as is known now.  Context: busy; takes mheap. */
struct pacer_memory resident_estimate(void);

/*
 * Tells the heap how much of it may be resident under the limit; INT64_MAX:
 * as much as it likes.  Context: busy; takes mheap.
 */
void resident_set_limit(int64_t limit);

#endif
