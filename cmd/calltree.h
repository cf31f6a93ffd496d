/*
 * calltree: the stacks of a profile as a tree of callers.
 *
 * The root's children are the call sites of allocation functions; a node's
 * children are its callers.
 */
#ifndef CMD_CALLTREE_H
#define CMD_CALLTREE_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/heapprof.h"

/* A place in the code, reached by one way. */
struct calltree_node {
	uint32_t location; /* of the profile; UINT32_MAX: the root */
	uint32_t line;     /* which of the functions inlined there */
	int64_t value;     /* of the stacks through it */
	size_t nchildren;
	struct calltree_node **children; /* greatest first, once sorted */
	size_t children_cap;
};

/* The tree of one value; ends with calltree_free. */
struct calltree_node *calltree_build(
	struct heapprof *p, enum heapprof_value value);

/* Gives its memory back. */
void calltree_free(struct calltree_node *root);

#endif
