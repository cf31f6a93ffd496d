/*
 * tree: binary trees of small nodes, many of which are alive at any time.
 *
 * What stands for programs with a heap of small objects that point at each
 * other: compilers, interpreters, document trees.  A whole tree is replaced
 * at a time; its nodes are freed one by one, as the owner of a tree does.
 */
#ifndef PERF_LOAD_TREE_H
#define PERF_LOAD_TREE_H

#include <stdint.h>
#include <stdlib.h>

#include "../draw.h"

enum {
	TREE_LEVELS = 13,                    /* of a full tree */
	TREE_NODES = (1 << TREE_LEVELS) - 1, /* 8,191 */
	TREE_LIVE = 1000,                    /* trees */
	TREE_REPLACED = 20000,               /* trees */
};

struct tree {
	struct tree *left, *right;
	uint64_t value[3];
};

_Static_assert(sizeof(struct tree) == 40, "the bench is about 40-byte nodes");

/* A full tree of so many levels, by calls of alloc. */
static inline struct tree *tree_new(
	int nlevels, uint64_t value, void *(*alloc)(size_t))
{
	struct tree *t = alloc(sizeof *t);

	t->value[0] = t->value[1] = t->value[2] = value;
	t->left = t->right = NULL;
	if (nlevels > 1) {
		t->left = tree_new(nlevels - 1, value + 1, alloc);
		t->right = tree_new(nlevels - 1, value + 2, alloc);
	}
	return t;
}

/* Frees the tree; the sum of its values. */
static inline uint64_t tree_free(struct tree *t)
{
	if (t == NULL)
		return 0;
	const uint64_t sum =
		tree_free(t->left) + tree_free(t->right) + t->value[0];
	free(t);
	return sum;
}

/* Replaces trees drawn at random; a checksum of those that went. */
static inline uint64_t tree_replace(struct tree **live, size_t nlive,
	size_t nreplaced, void *(*alloc)(size_t))
{
	struct draw d = {5};
	uint64_t sum = 0;

	for (size_t i = 0; i < nreplaced; i++) {
		const size_t at = draw_range(&d, 0, nlive - 1);
		sum += tree_free(live[at]);
		live[at] = tree_new(TREE_LEVELS, i, alloc);
	}
	return sum;
}

#endif
