/*
 * pagetree: where the free runs are, as a radix tree of summaries.
 *
 * A search stands somewhere and holds the free run that ends there.  The next
 * entry either completes the run with its start, or holds a longer run inside
 * and is entered, or is passed, and what ends with it is the new run.
 *
 *   up    the rest of the eight siblings, then the parent's later siblings,
 *         and so on to the root: 7 entries a level at most
 *   down  from the first entry that holds the run, 8 entries a level at most
 *
 * so a search reads some 60 words in 10 cache lines, whatever the window's
 * size, plus the root: one word per 16 GiB.
 *
 * The root is made ready as a whole, so any path may start there.
 *
 * Invariants: an entry is the merge of the eight below it.
 *             An entry that is not 0 has ready entries below it.
 *             Eight siblings share a cache line, hence a granule: all of them
 *             are ready or none is.
 * Locking:    none; the caller holds what guards the pages.
 * Context:    any.
 */
#include "core/pagetree.h"

#include "core/bits.h"
#include "core/compiler.h"
#include "core/fatal.h"

#define SUM_ALL  (UINT64_C(1) << 63)
#define SUM_MASK ((UINT64_C(1) << PAGETREE_SUM_BITS) - 1)

/* log2 of the chunks that an entry of the level covers. */
static unsigned pagetree_shift(unsigned level)
{
	return (PAGETREE_LEAF - level) * PAGETREE_FANOUT_SHIFT;
}

/* Pages that an entry of the level covers. */
static size_t pagetree_covers(unsigned level)
{
	return (size_t)CHUNK_PAGES << pagetree_shift(level);
}

static uint64_t pagetree_pack(struct pagetree_sum sum)
{
	if (unlikely(sum.max > SUM_MASK))
		return SUM_ALL;
	return sum.start | sum.max << PAGETREE_SUM_BITS |
	       sum.end << 2 * PAGETREE_SUM_BITS;
}

static struct pagetree_sum pagetree_unpack(uint64_t packed)
{
	if (unlikely(packed == SUM_ALL)) {
		const size_t all = (size_t)1 << PAGETREE_SUM_BITS;
		return (struct pagetree_sum){all, all, all};
	}
	return (struct pagetree_sum){
		.start = packed & SUM_MASK,
		.max = packed >> PAGETREE_SUM_BITS & SUM_MASK,
		.end = packed >> 2 * PAGETREE_SUM_BITS,
	};
}

/* The summary of eight siblings, each of which covers so many pages. */
static uint64_t pagetree_merge(const uint64_t *siblings, size_t covers)
{
	struct pagetree_sum all = {0, 0, 0}; /* .end: the run that ends here */

	for (unsigned i = 0; i < PAGETREE_FANOUT; i++) {
		const struct pagetree_sum sum = pagetree_unpack(siblings[i]);
		if (all.start == i * covers)
			all.start += sum.start;
		all.end += sum.start;
		if (all.end > all.max)
			all.max = all.end;
		if (sum.max > all.max)
			all.max = sum.max;
		if (sum.start != covers)
			all.end = sum.end;
	}
	return pagetree_pack(all);
}

void pagetree_init(struct pagetree *tree, size_t nchunks, struct lazytable *t)
{
	*tree = (struct pagetree){.tables = t};
	for (unsigned l = 0; l < PAGETREE_LEVELS; l++) {
		const size_t n =
			ceil_div(nchunks, (size_t)1 << pagetree_shift(l));
		const size_t room = align_up(n, PAGETREE_FANOUT);
		tree->level[l] = lazytable_carve(t, room * sizeof(uint64_t));
		tree->nentries[l] = n;
	}
}

bool pagetree_commit(
	struct pagetree *tree, size_t first, size_t last, struct lazytable *t)
{
	for (unsigned l = 0; l < PAGETREE_LEVELS; l++) {
		const size_t low = l == 0 ? 0 : first >> pagetree_shift(l);
		const size_t high = l == 0 ? tree->nentries[0] - 1
					   : last >> pagetree_shift(l);
		if (!lazytable_commit(t, &tree->level[l][low],
			    (high - low + 1) * sizeof(uint64_t)))
			return false;
	}
	return true;
}

struct pagetree_sum pagetree_leaf(const struct pagetree *tree, size_t chunk)
{
	return pagetree_unpack(tree->level[PAGETREE_LEAF][chunk]);
}

void pagetree_set_leaf(
	struct pagetree *tree, size_t chunk, struct pagebits_runs runs)
{
	tree->level[PAGETREE_LEAF][chunk] = pagetree_pack(
		(struct pagetree_sum){runs.start, runs.max, runs.end});
}

/* Merges into the entries first .. last of a level; whether any changed. */
static bool pagetree_update_level(
	struct pagetree *tree, unsigned level, size_t first, size_t last)
{
	const uint64_t *below = tree->level[level + 1];
	const size_t covers = pagetree_covers(level + 1);
	bool changed = false;

	for (size_t i = first; i <= last; i++) {
		const uint64_t sum =
			pagetree_merge(&below[i * PAGETREE_FANOUT], covers);
		if (tree->level[level][i] != sum) {
			tree->level[level][i] = sum;
			changed = true;
		}
	}
	return changed;
}

void pagetree_update(struct pagetree *tree, size_t first, size_t last)
{
	for (unsigned l = PAGETREE_LEAF; l-- > 0;) {
		first >>= PAGETREE_FANOUT_SHIFT;
		last >>= PAGETREE_FANOUT_SHIFT;
		if (!pagetree_update_level(tree, l, first, last))
			return;
	}
}

/* The highest entry above the chunk, itself included, that has nothing free;
 * PAGETREE_LEVELS when there is none. */
static unsigned pagetree_full_level(const struct pagetree *tree, size_t chunk)
{
	unsigned l = 0;

	while (l < PAGETREE_LEVELS &&
		tree->level[l][chunk >> pagetree_shift(l)] != 0)
		l++;
	return l;
}

bool pagetree_has_free(const struct pagetree *tree, size_t chunk)
{
	return pagetree_full_level(tree, chunk) == PAGETREE_LEVELS;
}

/* A search in progress: it stands before an entry. */
struct pagetree_search {
	const struct pagetree *tree;
	size_t npages;  /* the run looked for */
	size_t run;     /* free pages that end where the search stands */
	size_t begin;   /* the first of them; undefined when run is 0 */
	size_t index;   /* the entry it stands before */
	unsigned level; /* of that entry */
};

/* What became of an entry. */
enum pagetree_step {
	PASSED,   /* the run is not here */
	COMPLETE, /* the run begins at s->begin */
	INSIDE,   /* the run lies within the entry */
};

/* Looks at the entry that the search stands before and passes it if it may. */
static enum pagetree_step pagetree_pass(struct pagetree_search *s)
{
	const size_t covers = pagetree_covers(s->level);
	const struct pagetree_sum sum =
		pagetree_unpack(s->tree->level[s->level][s->index]);

	if (s->run == 0)
		s->begin = s->index * covers;
	if (s->run + sum.start >= s->npages)
		return COMPLETE;
	if (sum.max >= s->npages)
		return INSIDE;
	s->index++;
	if (sum.start == covers) {
		s->run += covers;
	} else {
		s->run = sum.end;
		s->begin = s->index * covers - sum.end;
	}
	return PASSED;
}

/* Passes entries up to index `end` of the level. */
static enum pagetree_step pagetree_pass_to(
	struct pagetree_search *s, size_t end)
{
	enum pagetree_step step = PASSED;

	while (step == PASSED && s->index < end)
		step = pagetree_pass(s);
	return step;
}

/* Passes later siblings, then the parent's, and so on to the root's end. */
static enum pagetree_step pagetree_search_up(struct pagetree_search *s)
{
	for (; s->level > 0; s->level--) {
		const size_t end = align_up(s->index, PAGETREE_FANOUT);
		const enum pagetree_step step = pagetree_pass_to(s, end);
		if (step != PASSED)
			return step;
		s->index >>= PAGETREE_FANOUT_SHIFT;
	}
	return pagetree_pass_to(s, s->tree->nentries[0]);
}

/*
 * Enters the entry that holds the run, down to a chunk or a run of chunks.
 * The run that ends before the entry goes on counting; with the entry's start
 * it was too short.
 */
static enum pagetree_step pagetree_search_down(struct pagetree_search *s)
{
	enum pagetree_step step = INSIDE;

	while (step == INSIDE && s->level < PAGETREE_LEAF) {
		s->level++;
		s->index <<= PAGETREE_FANOUT_SHIFT;
		step = pagetree_pass_to(s, s->index + PAGETREE_FANOUT);
		if (step == PASSED)
			fatal("pagetree: level %u before %zu lacks a run of "
			      "%zu",
				s->level, s->index, s->npages);
	}
	return step;
}

struct pagetree_hit pagetree_search_after(
	const struct pagetree *tree, size_t chunk, size_t run, size_t npages)
{
	const unsigned full = pagetree_full_level(tree, chunk);
	const unsigned level = full < PAGETREE_LEAF ? full : PAGETREE_LEAF;
	struct pagetree_search s = {
		.tree = tree,
		.npages = npages,
		.run = run,
		.begin = (chunk + 1) * CHUNK_PAGES - run,
		.level = level,
		.index = (chunk >> pagetree_shift(level)) + 1,
	};

	enum pagetree_step step = pagetree_search_up(&s);
	if (step == INSIDE)
		step = pagetree_search_down(&s);
	switch (step) {
	case COMPLETE: return (struct pagetree_hit){HIT_RUN, s.begin};
	case INSIDE:
		return (struct pagetree_hit){HIT_CHUNK, s.index * CHUNK_PAGES};
	default: return (struct pagetree_hit){HIT_NONE, 0};
	}
}

/* One entry above the leaves against the eight below it. */
static void pagetree_verify_entry(
	const struct pagetree *tree, unsigned level, size_t i)
{
	const uint64_t *below = &tree->level[level + 1][i * PAGETREE_FANOUT];
	const uint64_t *entry = &tree->level[level][i];
	uint64_t sum = 0;

	if (lazytable_is_ready(tree->tables, below))
		sum = pagetree_merge(below, pagetree_covers(level + 1));
	const uint64_t said =
		lazytable_is_ready(tree->tables, entry) ? *entry : 0;
	if (said != sum)
		fatal("pagetree: level %u entry %zu is %#llx, not %#llx", level,
			i, (unsigned long long)said, (unsigned long long)sum);
}

void pagetree_verify(const struct pagetree *tree)
{
	for (unsigned l = 0; l < PAGETREE_LEAF; l++) {
		for (size_t i = 0; i < tree->nentries[l]; i++)
			pagetree_verify_entry(tree, l, i);
	}
}
