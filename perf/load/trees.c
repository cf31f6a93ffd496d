/*
 * trees: 1,000 live trees of 8,191 nodes of 40 bytes; 20,000 are replaced.
 *
 *	trees [SCALE]
 *
 * SCALE is of the replacements; the live heap is always the same.
 */
#include "load.h"
#include "tree.h"

static void *tree_alloc(size_t size)
{
	return load_check(malloc(size));
}

int main(int argc, char **argv)
{
	static struct tree *live[TREE_LIVE];
	const size_t nreplaced =
		load_count(load_scale(argc, argv, 1), TREE_REPLACED);
	uint64_t sum = 0;

	for (size_t i = 0; i < TREE_LIVE; i++)
		live[i] = tree_new(TREE_LEVELS, i, tree_alloc);
	sum = tree_replace(live, TREE_LIVE, nreplaced, tree_alloc);
	for (size_t i = 0; i < TREE_LIVE; i++)
		sum += tree_free(live[i]);
	return load_finish(sum);
}
