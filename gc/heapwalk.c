/*
 * heapwalk: reads the heap map from one end to the other.
 *
 * A span that comes or goes beside the walk is met or not.  A large object's
 * span may grow or shrink beside it (mheap_resize_span); then the walk meets
 * it again or finds nothing at its old end.
 */
#include "gc/heapwalk.h"

#include "core/bits.h"
#include "core/heapmap.h"

void heapwalk_range(
	uintptr_t lo, uintptr_t hi, heapwalk_visit_fn *visit, void *arg)
{
	uintptr_t base = heapmap.base;
	uintptr_t end = base + load_acquire(&heapmap.size);

	lo = align_down(lo > base ? lo : base, GO_PAGE_SIZE);
	hi = hi < end ? hi : end;
	while (lo < hi) {
		struct mspan *s = heapmap_lookup(lo);
		uintptr_t next = lo + GO_PAGE_SIZE;
		if (s != NULL) {
			uintptr_t s_end =
				s->base + ((uintptr_t)load_relaxed(&s->npages)
						  << GO_PAGE_SHIFT);
			visit(s, arg);
			next = s_end > next ? s_end : next;
		}
		lo = next;
	}
}

void heapwalk(heapwalk_visit_fn *visit, void *arg)
{
	heapwalk_range(0, UINTPTR_MAX, visit, arg);
}
