/*
 * objref: the only road from a word to an object.
 *
 *   word -> heapmap -> span -> slot (one multiplication) -> state
 *
 * Invariant: what is returned is allocated at the moment of the call.  One
 *            that the program has freed and no sweep has taken yet is: it
 *            is kept as long as it is pointed to.
 */
#include "gc/objref.h"

static const struct objref none;

struct objref objref_resolve(struct word w)
{
	struct mspan *s = heapmap_lookup(w.bits);

	if (s == NULL)
		return none;
	struct objref o = objref_slot(s, w.bits);
	return o.span != NULL && mspan_is_allocated(o) ? o : none;
}
