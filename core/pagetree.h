/*
 * pagetree: where the free runs are, as a radix tree of summaries.
 *
 *   level  entry covers      level  entry covers
 *     0    16 GiB (root)       3    32 MiB
 *     1     2 GiB              4     4 MiB, one chunk
 *     2   256 MiB
 *
 * A summary is the length of three runs of free pages in what the entry
 * covers: the one at its start, the longest, the one at its end.  Lengths
 * have 21 bits each; only a root entry that is wholly free needs 2^21, and
 * bit 63 alone says that.  0 is "nothing free", which is also how memory that
 * was never written reads, and what keeps the search from going below it.
 */
#ifndef CORE_PAGETREE_H
#define CORE_PAGETREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lazytable.h"
#include "core/pagebits.h"

enum {
	PAGETREE_LEVELS = 5,
	PAGETREE_LEAF = PAGETREE_LEVELS - 1,
	PAGETREE_FANOUT_SHIFT = 3,
	PAGETREE_FANOUT = 1 << PAGETREE_FANOUT_SHIFT, /* one cache line */
	PAGETREE_SUM_BITS = 21, /* per length; what a root entry covers */
};

/* The three lengths, in pages.  Wholly free: all three are what is covered. */
struct pagetree_sum {
	size_t start; /* the run that begins at the first page */
	size_t max;   /* the longest */
	size_t end;   /* the run that ends at the last page */
};

struct pagetree {
	size_t nentries[PAGETREE_LEVELS]; /* per level; [0]: root entries */
	uint64_t *level[PAGETREE_LEVELS]; /* packed summaries; [0]: root */
	const struct lazytable *tables;   /* knows which entries are ready */
};

enum pagetree_hit_kind {
	HIT_NONE,  /* no such run */
	HIT_RUN,   /* a run that begins at `page` */
	HIT_CHUNK, /* the lowest run lies inside the chunk that begins there */
};

/* Where a search ended. */
struct pagetree_hit {
	enum pagetree_hit_kind kind; /* what was found */
	size_t page;                 /* where, unless HIT_NONE */
};

/* A tree over nchunks chunks, nothing free, its levels carved from t. */
void pagetree_init(struct pagetree *tree, size_t nchunks, struct lazytable *t);

/* Readies the entries over the chunks first .. last; false: no memory. */
bool pagetree_commit(
	struct pagetree *tree, size_t first, size_t last, struct lazytable *t);

/* The summary of one chunk.  Its entry is ready. */
struct pagetree_sum pagetree_leaf(const struct pagetree *tree, size_t chunk);

/*
 * Says what is free in a chunk.  Its entry is ready.  The entries above are
 * wrong until pagetree_update.
 */
void pagetree_set_leaf(
	struct pagetree *tree, size_t chunk, struct pagebits_runs runs);

/* Brings the entries above the chunks first .. last up to date. */
void pagetree_update(struct pagetree *tree, size_t first, size_t last);

/*
 * Whether any page of the chunk is free.  Once one chunk is ready it may be
 * asked of any.
 */
bool pagetree_has_free(const struct pagetree *tree, size_t chunk);

/*
 * The lowest run of npages free pages that begins at or after the last `run`
 * pages of the chunk, which are free; the chunk itself is not looked into.
 */
struct pagetree_hit pagetree_search_after(
	const struct pagetree *tree, size_t chunk, size_t run, size_t npages);

/* Checks every ready entry above the leaves against those below it. */
void pagetree_verify(const struct pagetree *tree);

#endif
