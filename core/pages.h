/*
 * pages: which pages of the heap's window are free, and which of the free
 * ones still have memory behind them.
 *
 * Pages are numbered from the window's start, 8 KiB each.  To the allocator a
 * page is
 *
 *   unknown    --grow-----------> scavenged
 *   scavenged  --alloc----------> in use
 *   in use     --free-----------> dirty
 *   dirty      --alloc----------> in use
 *   dirty      --take_dirty-----> in use, by the scavenger
 *   in use     --put_scavenged--> scavenged
 *
 * Dirty and scavenged pages are both free, and equally good to allocate.
 * A scavenged page has no memory behind it and reads as zero.  Nothing here
 * calls the OS: the scavenger takes dirty pages out, gives them back without
 * the lock, and puts them in again as scavenged.
 *
 * Locking:    none inside.  Holds: mheap, in every call.
 * Context:    mutator, worker.
 */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/chunkset.h"
#include "core/lazytable.h"
#include "core/pagebits.h"
#include "core/pagetree.h"

/* No such run of pages. */
#define PAGES_NONE SIZE_MAX

/* The most pages of a window: 16 TiB. */
#define PAGES_MAX ((size_t)1 << 31)

/* What is known of one chunk.  scavenged is a subset of free. */
struct pages_chunk {
	struct pagebits free;      /* member: free */
	struct pagebits scavenged; /* member: no memory behind it */
};

/* Neighbouring pages; none when npages is 0. */
struct page_run {
	size_t first;  /* page number */
	size_t npages; /* how many */
};

/*
 * All fields are guarded by mheap.  Does not move once initialised.
 *
 * npages_dirty <= npages_free <= npages_known, each the sum over all chunks:
 * of the free and not scavenged, of the free.
 */
struct pages {
	size_t max_pages;           /* fixed: page numbers are below this */
	size_t npages_known;        /* ever grown */
	size_t npages_free;         /* free, dirty or scavenged */
	size_t npages_dirty;        /* free and not scavenged */
	size_t first_free;          /* the lowest free page, or PAGES_NONE */
	struct pages_chunk *chunks; /* one per 512 pages of the window */
	struct pagetree tree;       /* free runs, over the chunks */
	struct chunkset dirty;      /* chunks with a dirty page */
	struct lazytable tables;    /* the storage of the three */
};

/* Bytes of address space that pages_init needs; max_pages <= PAGES_MAX. */
size_t pages_storage_size(size_t max_pages);

/*
 * An allocator for the pages below max_pages, all of them unknown.  storage
 * is reserved space of pages_storage_size bytes, aligned to the OS page; its
 * 64 KiB granules read as zero once commit has been called for them, which
 * happens once each, from pages_grow only.
 */
void pages_init(struct pages *p, size_t max_pages, void *storage,
	lazytable_commit_fn *commit);

/*
 * Unknown pages become free and scavenged.  Any range inside the window, with
 * or without a gap to what is known.  false: no memory for the tables, and
 * nothing has changed.
 */
bool pages_grow(struct pages *p, size_t first, size_t npages);

/*
 * Takes the lowest run of free pages that begins at a multiple of align, a
 * power of two (in pages).  The run's first page or PAGES_NONE; *nscavenged
 * is how many of its pages were scavenged.  All of them: it reads as zero.
 */
size_t pages_alloc(
	struct pages *p, size_t npages, size_t align, size_t *nscavenged);

/* Takes these very pages if all are free; false: nothing has changed. */
bool pages_alloc_at(
	struct pages *p, size_t first, size_t npages, size_t *nscavenged);

/* Pages in use become free and dirty.  Fatal when one is free already. */
void pages_free(struct pages *p, size_t first, size_t npages);

/*
 * Takes the highest run of dirty pages, at most max_npages of it, for the
 * caller to give back to the OS.  A run that is cut is cut at the edge of a
 * 2 MiB block of the window where that leaves anything.
 */
struct page_run pages_take_dirty(struct pages *p, size_t max_npages);

/* A run in use, which now has no memory behind it, becomes free. */
void pages_put_scavenged(struct pages *p, struct page_run run);

/* Walks everything that is known; fatal at the first equation not kept. */
void pages_verify(const struct pages *p);

#endif
