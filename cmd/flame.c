/*
 * flame: two profiles as one tree of calls.
 *
 * A node is as wide as the greater of its two values, leaf by leaf, so that
 * what only one side has can be seen as well; a node's width is the sum of
 * its children's and its own.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/callsites.h"
#include "cmd/say.h"

static struct flame *flame_child(struct flame *node, const char *function)
{
	for (size_t i = 0; i < node->nchildren; i++)
		if (strcmp(node->children[i].function, function) == 0)
			return &node->children[i];
	node->children = must_grow(node->children, node->nchildren,
		&node->children_cap, sizeof *node->children);
	struct flame *child = &node->children[node->nchildren++];
	*child = (struct flame){.function = must_copy(function)};
	return child;
}

/* The functions inlined at a place are frames of their own. */
static struct flame *flame_descend(struct flame *node, struct heapprof *p,
	uint32_t location, int side, double value)
{
	const struct heapprof_location *l = &p->locations[location];

	if (l->nlines == 0) {
		char *name = callsites_name(p, location);
		node = flame_child(node, name);
		node->values[side] += value;
		free(name);
	}
	for (uint32_t i = l->nlines; i-- > 0;) {
		node = flame_child(node, l->lines[i].function);
		node->values[side] += value;
	}
	return node;
}

static void flame_add(struct flame *root, struct heapprof *p, int side)
{
	for (size_t i = 0; p != NULL && i < p->nsamples; i++) {
		const struct heapprof_sample *s = &p->samples[i];
		const double value = (double)s->values[INUSE_SPACE];
		struct flame *node = root;

		if (value <= 0 || s->nstack == 0)
			continue;
		const size_t leaf = heapprof_nallocators(p, s);
		root->values[side] += value;
		for (size_t k = s->nstack; k-- > leaf;)
			node = flame_descend(node, p, s->stack[k], side, value);
	}
}

static int by_width(const void *a, const void *b)
{
	const struct flame *x = a;
	const struct flame *y = b;

	if (x->width != y->width)
		return x->width < y->width ? 1 : -1;
	return strcmp(x->function, y->function);
}

/* What ends in the node itself is the rest of its values. */
static void flame_measure(struct flame *node)
{
	double below[CALLSITES_SIDES] = {0};

	node->width = 0;
	for (size_t i = 0; i < node->nchildren; i++) {
		struct flame *child = &node->children[i];

		flame_measure(child);
		node->width += child->width;
		below[0] += child->values[0];
		below[1] += child->values[1];
	}
	node->width += fmax(0,
		fmax(node->values[0] - below[0], node->values[1] - below[1]));
	if (node->nchildren > 0)
		qsort(node->children, node->nchildren, sizeof *node->children,
			by_width);
}

struct flame flame_build(struct heapprof *base, struct heapprof *other)
{
	struct flame root = {.function = must_copy("all")};

	flame_add(&root, base, 0);
	flame_add(&root, other, 1);
	flame_measure(&root);
	return root;
}

void flame_free(struct flame *root)
{
	for (size_t i = 0; i < root->nchildren; i++)
		flame_free(&root->children[i]);
	free(root->children);
	free(root->function);
	*root = (struct flame){0};
}
