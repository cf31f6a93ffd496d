/*
 * chunkset: a set of chunk numbers that knows its highest member.
 *
 * The scavenger wants the highest chunk with a page to give back, in a window
 * of up to four million chunks most of which have none.
 */
#ifndef CORE_CHUNKSET_H
#define CORE_CHUNKSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lazytable.h"

enum {
	CHUNKSET_LEVELS = 4, /* 64^4: 16 Mi chunks, 64 TiB */
};

/* No chunk. */
#define CHUNKSET_NONE SIZE_MAX

struct chunkset {
	size_t nchunks;                   /* members are below this */
	unsigned nlevels;                 /* in use; the last one is one word */
	uint64_t *level[CHUNKSET_LEVELS]; /* [0]: a bit per chunk */
};

/* An empty set for chunks below nchunks, its words carved from t. */
void chunkset_init(struct chunkset *s, size_t nchunks, struct lazytable *t);

/* Readies the words for the chunks first .. last; false: no memory. */
bool chunkset_commit(
	struct chunkset *s, size_t first, size_t last, struct lazytable *t);

/* Whether the chunk, whose words are ready, is a member. */
bool chunkset_has(const struct chunkset *s, size_t chunk);

/* Adds a chunk whose words are ready; it may be a member already. */
void chunkset_add(struct chunkset *s, size_t chunk);

/* Takes out a chunk whose words are ready; it need not be a member. */
void chunkset_remove(struct chunkset *s, size_t chunk);

/* The highest member, or CHUNKSET_NONE.  At least one word must be ready. */
size_t chunkset_highest(const struct chunkset *s);

#endif
