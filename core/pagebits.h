/*
 * pagebits: a set of the 512 pages of one chunk, and the runs in it.
 *
 * A run is a stretch of consecutive members.  The page allocator keeps two
 * sets per chunk, the free pages and the scavenged ones, and asks both the
 * same questions; so the functions speak of members, not of free pages.
 */
#ifndef CORE_PAGEBITS_H
#define CORE_PAGEBITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bits.h"

enum {
	CHUNK_SHIFT = 9, /* Go's palloc chunk: 4 MiB of 8 KiB */
	CHUNK_PAGES = 1 << CHUNK_SHIFT,
	CHUNK_WORDS = CHUNK_PAGES / 64,
	PAGEBITS_NONE = CHUNK_PAGES, /* no such page */
};

/* Page 64 * w + i is a member when bit i of word[w] is set. */
struct pagebits {
	uint64_t word[CHUNK_WORDS]; /* lowest pages first */
};

/* The lengths of three runs.  A full set has all three at CHUNK_PAGES. */
struct pagebits_runs {
	unsigned start; /* the run that begins at page 0; 0: not a member */
	unsigned max;   /* the longest run */
	unsigned end;   /* the run that ends at the last page */
};

/* The members of a that are not in b. */
static inline struct pagebits pagebits_minus(
	const struct pagebits *a, const struct pagebits *b)
{
	struct pagebits out;

	for (unsigned i = 0; i < CHUNK_WORDS; i++)
		out.word[i] = a->word[i] & ~b->word[i];
	return out;
}

/* Whether the set has no member. */
static inline bool pagebits_is_empty(const struct pagebits *b)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < CHUNK_WORDS; i++)
		any |= b->word[i];
	return any == 0;
}

/* Adds the pages first .. first + npages - 1, all inside the chunk. */
void pagebits_add(struct pagebits *b, unsigned first, unsigned npages);

/* Takes out the pages first .. first + npages - 1, all inside the chunk. */
void pagebits_remove(struct pagebits *b, unsigned first, unsigned npages);

/* How many of the pages first .. first + npages - 1 are members. */
unsigned pagebits_count(
	const struct pagebits *b, unsigned first, unsigned npages);

/*
 * The lowest page at or above `from` that npages members begin at, or
 * PAGEBITS_NONE.  A run that begins below `from` counts from there.
 * 1 <= npages <= CHUNK_PAGES, from <= CHUNK_PAGES.
 */
unsigned pagebits_find_run(
	const struct pagebits *b, unsigned from, unsigned npages);

/* The highest member, or PAGEBITS_NONE. */
unsigned pagebits_find_last(const struct pagebits *b);

/* The length of the run that ends just below `end`; end <= CHUNK_PAGES. */
unsigned pagebits_run_below(const struct pagebits *b, unsigned end);

/* The first, the longest and the last run. */
struct pagebits_runs pagebits_measure(const struct pagebits *b);

#endif
