/*
 * copymark: marking in a copy of the process, where nothing changes: what
 * barrier=snapshot does.
 *
 *   stopped   mark_prepare, then the roots of threads (mark_roots)
 *             copymark_take: marks what the copy will not have, and copies
 *   running   copymark_finish: all that the copy could reach is marked here
 *
 * Context: coordinator; spans are held back.
 */
#ifndef GC_COPYMARK_H
#define GC_COPYMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "gc/mark.h"
#include "gc/roots.h"

struct copymark {
	struct marker *marker;     /* the coordinator's, in the mark's pool */
	const struct roots *roots; /* all of them, stacks apart */
	uint64_t globals;          /* out: bytes scanned in these roots */
};

/*
 * Copies the process with what waits in the marker, which has nothing left
 * after that.  false: there is no copy.  The world is stopped.
 */
bool copymark_take(struct copymark *k);

/*
 * Waits for the copy's mark; the marks and the marker's figures are here then.
 * false: it failed, nothing is marked.
 */
bool copymark_finish(struct copymark *k);

#endif
