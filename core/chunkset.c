/*
 * chunkset: a set of chunk numbers that knows its highest member.
 *
 *   level 2   ...........#          one word: which words below are not 0
 *   level 1   #....#  .....  ..#    a bit per word of level 0
 *   level 0   a bit per chunk
 *
 * Adding and removing stop at the first level where nothing changes, which is
 * level 0 nearly always; the highest member is one word per level away.
 *
 * Invariants: a bit above level 0 is set exactly when its word below is not 0,
 *             so a word that was never committed is never read.
 * Locking:    none; the owner serialises.
 * Context:    any.
 */
#include "core/chunkset.h"

#include "core/bits.h"
#include "core/fatal.h"

void chunkset_init(struct chunkset *s, size_t nchunks, struct lazytable *t)
{
	size_t nbits = nchunks;

	*s = (struct chunkset){.nchunks = nchunks};
	do {
		const size_t nwords = ceil_div(nbits, 64);
		check(s->nlevels < CHUNKSET_LEVELS);
		s->level[s->nlevels] =
			lazytable_carve(t, nwords * sizeof(uint64_t));
		s->nlevels++;
		nbits = nwords;
	} while (nbits > 1);
}

bool chunkset_commit(
	struct chunkset *s, size_t first, size_t last, struct lazytable *t)
{
	for (unsigned l = 0; l < s->nlevels; l++) {
		first /= 64;
		last /= 64;
		if (!lazytable_commit(t, &s->level[l][first],
			    (last - first + 1) * sizeof(uint64_t)))
			return false;
	}
	return true;
}

bool chunkset_has(const struct chunkset *s, size_t chunk)
{
	return s->level[0][chunk / 64] >> chunk % 64 & 1;
}

void chunkset_add(struct chunkset *s, size_t chunk)
{
	size_t i = chunk;

	for (unsigned l = 0; l < s->nlevels; l++, i /= 64) {
		uint64_t *word = &s->level[l][i / 64];
		const uint64_t before = *word;
		*word |= UINT64_C(1) << i % 64;
		if (before != 0)
			return;
	}
}

void chunkset_remove(struct chunkset *s, size_t chunk)
{
	size_t i = chunk;

	for (unsigned l = 0; l < s->nlevels; l++, i /= 64) {
		uint64_t *word = &s->level[l][i / 64];
		*word &= ~(UINT64_C(1) << i % 64);
		if (*word != 0)
			return;
	}
}

size_t chunkset_highest(const struct chunkset *s)
{
	size_t i = 0;

	for (unsigned l = s->nlevels; l-- > 0;) {
		const uint64_t word = s->level[l][i];
		if (word == 0)
			return CHUNKSET_NONE;
		i = i * 64 + floor_log2(word);
	}
	return i;
}
