/*
 * lost: see lost.h.
 *
 *   lost_run --> collector_run --> mark, stop --> lost_look --> look() asks
 *                                                              lost_is(addr)
 *
 * Between the end of marking and the sweep the bits say, of every object at
 * once, what can be reached; before, they are not complete, and after, slots
 * are used again.
 *
 * Locking:    none; one thread at a time asks for a look.
 * Context:    lost_run: mutator.  The rest: worker.
 */
#include "gc/lost.h"

#include <stddef.h>

#include "core/atomics.h"
#include "core/mspan.h"
#include "gc/collector.h"
#include "gc/objref.h"

static void (*wanted)(void); /* atomic: to be called in the next cycle */

bool lost_run(void (*look)(void))
{
	store_release(&wanted, look); /* pairs: lost_look */
	collector_run();
	return exchange_acquire(&wanted, NULL) == NULL;
}

void lost_look(void)
{
	void (*look)(void) = exchange_acquire(&wanted, NULL);

	if (look != NULL) /* pairs: lost_run */
		look();
}

bool lost_is(uintptr_t addr)
{
	struct objref o = objref_resolve((struct word){addr});

	if (o.span == NULL || mspan_object(o) != addr ||
		mspan_is_marked_remote(o))
		return false;
	uint64_t marks = load_acquire(&mspan_marks(o.span)[o.index / 64]);
	return (marks >> o.index % 64 & 1) == 0;
}
