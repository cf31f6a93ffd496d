/*
 * copymark: who marks what, when a snapshot is marked.
 *
 *   parent, stopped   shared memory and files, and what no child inherits: at
 *                     that moment, since it changes, or is not there, in the
 *                     child, which has no page tables for shared files either
 *   child             all other roots, and everything that they lead to
 *
 * Objects that the parent has marked wait in its marker; the child has a copy
 * of that too, so it scans them, and the parent drops them.
 *
 * What is marked is what was reachable at the stop.  Memory that a program
 * has not set since, in a new object or a new frame, may hold an old pointer
 * to what was garbage then: a correct program does not use it, but a second
 * mark made later (gccheckmark) would believe it.
 */
#include "gc/copymark.h"

#include <stddef.h>

#include "gc/snapmark.h"
#include "gc/unforked.h"

enum {
	COPY_MS = 60000, /* for all of the mark */

	/* In the figures that come back. */
	MARKED = 0,
	SCANNED,
	GLOBALS,
};

/* In the copy.  A snapmark_fn. */
static bool mark_copy(uint64_t figures[SNAPMARK_NFIGURES], void *copymark)
{
	struct copymark *k = copymark;
	struct marker *m = k->marker;

	for (size_t i = 0; i < k->roots->n; i++) {
		const struct root_range *r = &k->roots->ranges[i];
		if (root_is_private(r))
			roots_mark(m, r->kind, r->lo, r->hi);
	}
	figures[GLOBALS] = m->scanned_bytes - k->globals;
	mark_drain(m);
	figures[MARKED] = m->marked_bytes;
	figures[SCANNED] = m->scanned_bytes;
	return true;
}

static void mark_unforked(uintptr_t lo, uintptr_t hi, void *marker)
{
	roots_mark(marker, ROOT_PRIVATE, lo, hi);
}

/* What waits is the child's to scan. */
static void drop_waiting(struct marker *m)
{
	m->ncandidates = 0;
	for (int i = 0; i < MARKQUEUE_RING; i++)
		m->queue.ring[i] = 0;
	while (markqueue_take(&m->queue) != 0)
		;
	markpool_take_overflow(m->queue.pool);
}

bool copymark_take(struct copymark *k)
{
	k->globals = k->marker->scanned_bytes; /* until then: the threads' */
	for (size_t i = 0; i < k->roots->n; i++) {
		const struct root_range *r = &k->roots->ranges[i];
		if (!root_is_private(r))
			roots_mark(k->marker, r->kind, r->lo, r->hi);
	}
	const bool is_taken = unforked_visit(mark_unforked, k->marker) &&
			      snapmark_take(mark_copy, k);
	drop_waiting(k->marker);
	return is_taken;
}

bool copymark_finish(struct copymark *k)
{
	uint64_t figures[SNAPMARK_NFIGURES];

	if (!snapmark_finish(COPY_MS, figures))
		return false;
	k->marker->marked_bytes = figures[MARKED];
	k->marker->scanned_bytes = figures[SCANNED];
	k->globals = figures[GLOBALS];
	return true;
}
