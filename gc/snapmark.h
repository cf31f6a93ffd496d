/*
 * snapmark: a mark of a snapshot, whose marks come back.  See snapmark.c.
 *
 * Context: coordinator; spans are held back (mheap_hold_spans) throughout.
 */
#ifndef GC_SNAPMARK_H
#define GC_SNAPMARK_H

#include <stdbool.h>
#include <stdint.h>

enum { SNAPMARK_NFIGURES = 4 };

/*
 * Marks what is reachable in the copy, and fills in figures of its own; false:
 * it could not.  Context: child, alone in its process.
 */
typedef bool snapmark_fn(uint64_t figures[SNAPMARK_NFIGURES], void *arg);

/*
 * Copies the process, and runs mark(figures, arg) there, beginning with the
 * marks as they are.  The world is stopped.  false: there is no child.
 */
bool snapmark_take(snapmark_fn *mark, void *arg);

/*
 * Waits for the child at most so long, and marks here what it has marked.
 * false: it failed, nothing is marked, figures are as they were.
 */
bool snapmark_finish(uint32_t timeout_ms, uint64_t figures[SNAPMARK_NFIGURES]);

/* In the child of a fork of the program's: there is no snapshot. */
void snapmark_after_fork(void);

#endif
