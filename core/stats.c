/*
 * stats: the walk over all spans.
 *
 * Locking:    mcaches, then mheap; while both are held no span comes or goes.
 *             states are read beside their owners, hence "some moment".
 */
#include "core/stats.h"

#include <string.h>

#include "core/early.h"
#include "core/fixalloc.h"
#include "core/heapmap.h"
#include "core/mcache.h"
#include "core/mheap.h"

static void count_span(struct heap_stats *out, const struct mspan *s)
{
	uint64_t live = mspan_count_allocated(s);
	uint64_t size = mspan_elemsize(s);
	uint64_t bytes = (uint64_t)s->npages << GO_PAGE_SHIFT;

	out->heap_objects += live;
	out->alloc_bytes += live * size;
	out->by_size[s->class].frees += live; /* live for now: see below */
	bytes -= s->purged;                   /* free pages in all but name */
	out->heap_inuse += bytes;
	out->heap_idle += s->purged;
	out->heap_released += s->purged;
	if (s->class != 0) {
		out->small_free_bytes += bytes - live * size;
	} else { /* not before its state says so: alloc_bytes has it too */
		out->large_bytes += live * size;
		out->large_count += live;
	}
}

static void count_spans(struct heap_stats *out)
{
	uintptr_t end = heapmap.base + heapmap.size;

	for (uintptr_t p = heapmap.base; p < end;) {
		const struct mspan *s = heapmap_lookup(p);
		if (s != NULL)
			count_span(out, s);
		p += s != NULL ? (uintptr_t)s->npages << GO_PAGE_SHIFT
			       : GO_PAGE_SIZE;
	}
}

static void count_mcache(struct heap_stats *out, const struct mcache *c)
{
	for (unsigned class = 1; class < NCLASSES; class ++) {
		const struct mspan *s = load_relaxed(&c->slots[class].current);
		uint64_t left = popcount64(load_relaxed(&s->free_cache)) +
				magazines_nout(&c->slots[class].magazines);
		out->by_size[class].mallocs +=
			load_relaxed(&c->classes[class].nmalloc) +
			load_relaxed(&c->slots[class].magazines.brought) - left;
	}
}

/* From mallocs and live objects to mallocs and frees. */
static void finish_classes(struct heap_stats *out)
{
	for (unsigned class = 0; class < NCLASSES; class ++) {
		struct heap_class_stats *k = &out->by_size[class];
		uint64_t live = k->frees;
		k->size = sizeclass_table[class].size;
		k->frees = k->mallocs > live ? k->mallocs - live : 0;
		out->mallocs += k->mallocs;
		out->frees += k->frees;
		out->total_alloc_bytes += k->mallocs * k->size;
	}
	out->total_alloc_bytes += mheap.large_bytes;
}

static void read_mheap(struct heap_stats *out)
{
	const struct pages *pages = &mheap.pages;
	size_t released = pages->npages_free - pages->npages_dirty;

	out->heap_sys = mheap.reserved;
	out->heap_committed = pages->npages_known << GO_PAGE_SHIFT;
	out->heap_idle = pages->npages_free << GO_PAGE_SHIFT;
	out->heap_released = released << GO_PAGE_SHIFT;
	out->nspans = mheap.nspans;
	out->mspan_inuse = fixalloc_inuse();
	out->mspan_sys = fixalloc_sys();
	out->heapmap_sys = heapmap_committed();
	out->released_total = mheap.released_bytes;
	out->by_size[0].mallocs = mheap.large_mallocs;
}

void heap_stats_read(struct heap_stats *out)
{
	struct thread *t = thread_self();

	memset(out, 0, sizeof *out);
	if (t->busy)
		return;
	thread_enter(t);
	lock(&mcaches.lock);
	for (struct mcache *c = mcaches.all; c != NULL; c = c->next)
		count_mcache(out, c);
	out->nthreads = mcaches.ninuse;
	out->mcache_inuse = mcaches.ninuse * sizeof(struct mcache);
	out->mcache_sys = mcaches.n * sizeof(struct mcache);
	lock(&mheap.lock);
	read_mheap(out);
	count_spans(out);
	unlock(&mheap.lock);
	unlock(&mcaches.lock);
	thread_leave(t);
	finish_classes(out);
	out->early_bytes = early_bytes();
}
