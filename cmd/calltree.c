/*
 * calltree: see calltree.h.
 *
 * Children are looked for one by one: call sites that matter are few.
 *
 * Context:    one thread.
 */
#include "cmd/calltree.h"

#include <stdlib.h>

#include "cmd/say.h"

enum { DEPTH_MAX = 2000 /* of the tree: it is walked by recursion */ };

static struct calltree_node *child_of(
	struct calltree_node *node, uint32_t location, uint32_t line)
{
	for (size_t i = 0; i < node->nchildren; i++)
		if (node->children[i]->location == location &&
			node->children[i]->line == line)
			return node->children[i];
	struct calltree_node *child = must_calloc(1, sizeof *child);
	child->location = location;
	child->line = line;
	node->children = must_grow(node->children, node->nchildren,
		&node->children_cap, sizeof(struct calltree_node *));
	node->children[node->nchildren++] = child;
	return child;
}

static void add_stack(struct heapprof *p, struct calltree_node *root,
	const struct heapprof_sample *s, int64_t value)
{
	struct calltree_node *node = root;
	int depth = 0;

	node->value += value;
	for (size_t i = heapprof_nallocators(p, s); i < s->nstack; i++) {
		uint32_t nlines = p->locations[s->stack[i]].nlines;
		for (uint32_t k = 0; k == 0 || k < nlines; k++) {
			if (++depth > DEPTH_MAX)
				return;
			node = child_of(node, s->stack[i], k);
			node->value += value;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	const struct calltree_node *x = *(struct calltree_node *const *)a;
	const struct calltree_node *y = *(struct calltree_node *const *)b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return x->location < y->location ? -1 : x->location > y->location;
}

static void sort(struct calltree_node *node)
{
	if (node->nchildren > 1)
		qsort(node->children, node->nchildren,
			sizeof(struct calltree_node *), by_value);
	for (size_t i = 0; i < node->nchildren; i++)
		sort(node->children[i]);
}

struct calltree_node *calltree_build(
	struct heapprof *p, enum heapprof_value value)
{
	struct calltree_node *root = must_calloc(1, sizeof *root);

	root->location = UINT32_MAX;
	for (size_t i = 0; i < p->nsamples; i++)
		if (p->samples[i].values[value] != 0)
			add_stack(p, root, &p->samples[i],
				p->samples[i].values[value]);
	sort(root);
	return root;
}

void calltree_free(struct calltree_node *root)
{
	for (size_t i = 0; i < root->nchildren; i++)
		calltree_free(root->children[i]);
	free(root->children);
	free(root);
}
