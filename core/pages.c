/*
 * pages: which pages of the heap's window are free.
 *
 *   pages_alloc ------> first fit --> tree: the lowest chunk that may hold it
 *   pages_free  ---+                    |
 *                  +--> chunk bitmaps --+--> leaf summary --> tree
 *                                       +--> dirty: chunks to scavenge
 *
 * Address-ordered first fit keeps the heap's low end dense; the scavenger
 * takes from the high end.  A search begins at first_free, and a run in the
 * chunk of that page, the common case, is found without the tree.
 *
 * Free pages are the ones in the bitmaps, so that tables never written, which
 * read as zero, say "nothing here": unknown pages count as in use.
 *
 * Invariants: see struct pages; pages_verify tests them all.
 *             first_free is exact, never a guess.
 *             A chunk is in the set dirty exactly when it has a dirty page.
 * Locking:    none inside; the caller holds mheap.
 * Context:    mutator, worker.
 */
#include "core/pages.h"

#include "core/bits.h"
#include "core/compiler.h"
#include "core/fatal.h"

enum { HUGE_BLOCK_PAGES = 256 /* 2 MiB: a transparent huge page */ };

/* The pages of a range that lie in one chunk. */
struct pages_part {
	size_t chunk;    /* which */
	unsigned offset; /* first page, within the chunk */
	unsigned npages; /* how many */
};

/* The first part of [first, end), which is not empty. */
static struct pages_part pages_part(size_t first, size_t end)
{
	const unsigned offset = first % CHUNK_PAGES;
	const unsigned room = CHUNK_PAGES - offset;
	const size_t left = end - first;

	return (struct pages_part){
		.chunk = first / CHUNK_PAGES,
		.offset = offset,
		.npages = left < room ? (unsigned)left : room,
	};
}

static struct pagebits pages_dirty_of(const struct pages_chunk *c)
{
	return pagebits_minus(&c->free, &c->scavenged);
}

/* Tells the leaf summary and the dirty set what the chunk's bitmaps say. */
static void pages_note_chunk(struct pages *p, size_t chunk)
{
	const struct pages_chunk *c = &p->chunks[chunk];
	const struct pagebits dirty = pages_dirty_of(c);

	pagetree_set_leaf(&p->tree, chunk, pagebits_measure(&c->free));
	if (pagebits_is_empty(&dirty))
		chunkset_remove(&p->dirty, chunk);
	else
		chunkset_add(&p->dirty, chunk);
}

static void pages_update_tree(struct pages *p, size_t first, size_t end)
{
	pagetree_update(&p->tree, first / CHUNK_PAGES, (end - 1) / CHUNK_PAGES);
}

static bool pages_in_window(const struct pages *p, size_t first, size_t npages)
{
	return npages > 0 && npages <= p->max_pages &&
	       first <= p->max_pages - npages;
}

/* Where a run inside the chunk of `from` begins, or PAGES_NONE. */
static size_t pages_find_in_chunk(
	const struct pages *p, size_t from, size_t npages)
{
	const struct pages_part at = pages_part(from, from + 1);

	if (npages > CHUNK_PAGES)
		return PAGES_NONE;
	const unsigned found = pagebits_find_run(
		&p->chunks[at.chunk].free, at.offset, (unsigned)npages);
	if (found == PAGEBITS_NONE)
		return PAGES_NONE;
	return at.chunk * CHUNK_PAGES + found;
}

/* Free pages at the end of the chunk of `from`, none of them below it. */
static size_t pages_tail_run(const struct pages *p, size_t from)
{
	const size_t end = pagetree_leaf(&p->tree, from / CHUNK_PAGES).end;
	const size_t room = CHUNK_PAGES - from % CHUNK_PAGES;

	return end < room ? end : room;
}

/* The lowest run of free pages at or after `from`, or PAGES_NONE. */
static size_t pages_find(const struct pages *p, size_t from, size_t npages)
{
	size_t run = 0;

	if (from >= p->max_pages || npages > p->npages_free)
		return PAGES_NONE;
	if (pagetree_has_free(&p->tree, from / CHUNK_PAGES)) {
		const size_t found = pages_find_in_chunk(p, from, npages);
		if (found != PAGES_NONE)
			return found;
		run = pages_tail_run(p, from);
	}
	const struct pagetree_hit hit = pagetree_search_after(
		&p->tree, from / CHUNK_PAGES, run, npages);
	switch (hit.kind) {
	case HIT_RUN: return hit.page;
	case HIT_CHUNK: return pages_find_in_chunk(p, hit.page, npages);
	default: return PAGES_NONE;
	}
}

/* The lowest run that begins at a multiple of align, or PAGES_NONE. */
static size_t pages_find_aligned(
	const struct pages *p, size_t npages, size_t align)
{
	size_t found = pages_find(p, p->first_free, npages);

	/* Every step begins at the next multiple above a run that is not. */
	while (found != PAGES_NONE && found % align != 0) {
		const size_t aligned = align_up(found, align);
		found = pages_find(p, aligned, npages);
	}
	return found;
}

/* Free pages come into use; returns how many were scavenged. */
static size_t pages_take(struct pages *p, size_t first, size_t npages)
{
	const size_t end = first + npages;
	size_t nscavenged = 0;

	for (size_t at = first; at < end;) {
		const struct pages_part part = pages_part(at, end);
		struct pages_chunk *c = &p->chunks[part.chunk];
		nscavenged +=
			pagebits_count(&c->scavenged, part.offset, part.npages);
		pagebits_remove(&c->free, part.offset, part.npages);
		pagebits_remove(&c->scavenged, part.offset, part.npages);
		pages_note_chunk(p, part.chunk);
		at += part.npages;
	}
	pages_update_tree(p, first, end);
	p->npages_free -= npages;
	p->npages_dirty -= npages - nscavenged;
	if (first == p->first_free)
		p->first_free = pages_find(p, end, 1);
	return nscavenged;
}

/* Pages in use become free.  Fatal when one is free already. */
static void pages_put(
	struct pages *p, size_t first, size_t npages, bool scavenged)
{
	const size_t end = first + npages;

	for (size_t at = first; at < end;) {
		const struct pages_part part = pages_part(at, end);
		struct pages_chunk *c = &p->chunks[part.chunk];
		check(lazytable_is_ready(&p->tables, c));
		if (pagebits_count(&c->free, part.offset, part.npages) != 0)
			fatal("pages: %zu + %zu: free already", first, npages);
		pagebits_add(&c->free, part.offset, part.npages);
		if (scavenged)
			pagebits_add(&c->scavenged, part.offset, part.npages);
		pages_note_chunk(p, part.chunk);
		at += part.npages;
	}
	pages_update_tree(p, first, end);
	p->npages_free += npages;
	p->npages_dirty += scavenged ? 0 : npages;
	if (first < p->first_free)
		p->first_free = first;
}

/* Whether every page is known and free. */
static bool pages_all_free(const struct pages *p, size_t first, size_t npages)
{
	const size_t end = first + npages;

	for (size_t at = first; at < end;) {
		const struct pages_part part = pages_part(at, end);
		const struct pages_chunk *c = &p->chunks[part.chunk];
		if (!lazytable_is_ready(&p->tables, c) ||
			pagebits_count(&c->free, part.offset, part.npages) !=
				part.npages)
			return false;
		at += part.npages;
	}
	return true;
}

/* Sets the fields that depend on the window's size and carves the tables. */
static void pages_layout(struct pages *p, size_t max_pages)
{
	const size_t nchunks = ceil_div(max_pages, CHUNK_PAGES);

	check(max_pages > 0 && max_pages <= PAGES_MAX);
	p->max_pages = max_pages;
	pagetree_init(&p->tree, nchunks, &p->tables);
	chunkset_init(&p->dirty, nchunks, &p->tables);
	p->chunks = lazytable_carve(
		&p->tables, nchunks * sizeof(struct pages_chunk));
}

size_t pages_storage_size(size_t max_pages)
{
	struct pages p = {0};

	pages_layout(&p, max_pages);
	return lazytable_size(&p.tables);
}

void pages_init(struct pages *p, size_t max_pages, void *storage,
	lazytable_commit_fn *commit)
{
	*p = (struct pages){.first_free = PAGES_NONE};
	lazytable_init(&p->tables, storage, commit);
	pages_layout(p, max_pages);
}

bool pages_grow(struct pages *p, size_t first, size_t npages)
{
	check(pages_in_window(p, first, npages));
	const size_t low = first / CHUNK_PAGES;
	const size_t high = (first + npages - 1) / CHUNK_PAGES;

	if (!lazytable_commit(&p->tables, &p->chunks[low],
		    (high - low + 1) * sizeof(struct pages_chunk)) ||
		!pagetree_commit(&p->tree, low, high, &p->tables) ||
		!chunkset_commit(&p->dirty, low, high, &p->tables))
		return false;
	p->npages_known += npages;
	pages_put(p, first, npages, true);
	return true;
}

size_t pages_alloc(
	struct pages *p, size_t npages, size_t align, size_t *nscavenged)
{
	check(npages > 0 && is_pow2(align));
	const size_t first = pages_find_aligned(p, npages, align);

	if (first != PAGES_NONE)
		*nscavenged = pages_take(p, first, npages);
	return first;
}

bool pages_alloc_at(
	struct pages *p, size_t first, size_t npages, size_t *nscavenged)
{
	if (!pages_in_window(p, first, npages) ||
		!pages_all_free(p, first, npages))
		return false;
	*nscavenged = pages_take(p, first, npages);
	return true;
}

void pages_free(struct pages *p, size_t first, size_t npages)
{
	check(pages_in_window(p, first, npages));
	pages_put(p, first, npages, false);
}

/* How many dirty pages end just below `end`, counted up to max_npages. */
static size_t pages_dirty_below(
	const struct pages *p, size_t end, size_t max_npages)
{
	size_t npages = 0;

	while (npages < max_npages && npages < end) {
		const size_t last = end - npages - 1;
		const struct pages_chunk *c = &p->chunks[last / CHUNK_PAGES];
		if (!lazytable_is_ready(&p->tables, c))
			break;
		const unsigned top = last % CHUNK_PAGES + 1;
		const struct pagebits dirty = pages_dirty_of(c);
		const unsigned run = pagebits_run_below(&dirty, top);
		npages += run;
		if (run < top)
			break;
	}
	return npages < max_npages ? npages : max_npages;
}

/* Whether the dirty run that begins at `first` goes on below it. */
static bool pages_is_cut(const struct pages *p, size_t first)
{
	return pages_dirty_below(p, first, 1) != 0;
}

struct page_run pages_take_dirty(struct pages *p, size_t max_npages)
{
	const struct page_run none = {0, 0};

	if (p->npages_dirty == 0 || max_npages == 0)
		return none;
	const size_t chunk = chunkset_highest(&p->dirty);
	const struct pagebits dirty = pages_dirty_of(&p->chunks[chunk]);
	const unsigned last = pagebits_find_last(&dirty);
	check(last != PAGEBITS_NONE);

	const size_t end = chunk * CHUNK_PAGES + last + 1;
	size_t first = end - pages_dirty_below(p, end, max_npages);
	const size_t edge = align_up(first, HUGE_BLOCK_PAGES);
	if (edge < end && pages_is_cut(p, first))
		first = edge;
	pages_take(p, first, end - first);
	return (struct page_run){first, end - first};
}

void pages_put_scavenged(struct pages *p, struct page_run run)
{
	check(pages_in_window(p, run.first, run.npages));
	pages_put(p, run.first, run.npages, true);
}

/* What a walk over the chunks has found. */
struct pages_sums {
	size_t nfree;  /* free pages */
	size_t ndirty; /* of these, the dirty ones */
	size_t lowest; /* the first of them, or PAGES_NONE */
};

static void pages_verify_chunk(
	const struct pages *p, size_t chunk, struct pages_sums *sums)
{
	const struct pages_chunk *c = &p->chunks[chunk];
	const struct pagebits dirty = pages_dirty_of(c);
	const struct pagebits stray = pagebits_minus(&c->scavenged, &c->free);
	const unsigned nfree = pagebits_count(&c->free, 0, CHUNK_PAGES);

	check(pagebits_is_empty(&stray));
	sums->nfree += nfree;
	sums->ndirty += pagebits_count(&dirty, 0, CHUNK_PAGES);
	if (nfree != 0 && sums->lowest == PAGES_NONE)
		sums->lowest = pages_find_in_chunk(p, chunk * CHUNK_PAGES, 1);

	/* The bitmaps may be ready for a neighbour's sake only. */
	if (!lazytable_is_ready(
		    &p->tables, &p->tree.level[PAGETREE_LEAF][chunk])) {
		check(nfree == 0);
		return;
	}
	const struct pagebits_runs runs = pagebits_measure(&c->free);
	const struct pagetree_sum leaf = pagetree_leaf(&p->tree, chunk);
	check(leaf.start == runs.start);
	check(leaf.max == runs.max);
	check(leaf.end == runs.end);
	if (nfree != 0)
		check(chunkset_has(&p->dirty, chunk) !=
			pagebits_is_empty(&dirty));
}

void pages_verify(const struct pages *p)
{
	const size_t nchunks = ceil_div(p->max_pages, CHUNK_PAGES);
	struct pages_sums sums = {.lowest = PAGES_NONE};

	for (size_t i = 0; i < nchunks; i++) {
		if (lazytable_is_ready(&p->tables, &p->chunks[i]))
			pages_verify_chunk(p, i, &sums);
	}
	check(sums.nfree == p->npages_free);
	check(sums.ndirty == p->npages_dirty);
	check(sums.lowest == p->first_free);
	check(p->npages_free <= p->npages_known);
	check(p->npages_known <= p->max_pages);
	pagetree_verify(&p->tree);
}
