/*
 * graph: a random forest of objects that changes while it is collected, and a
 * record beside it of what must live.
 *
 *   cells (in memory of every kind) -> trees of nodes -> parent pointers back
 *
 * One thread owns a graph.  Its cells are the only roots.  A node hangs in one
 * slot, of a cell or of another node, and points back to the node above; so
 * what is cut off is cyclic garbage as a rule, and which nodes live needs no
 * search: those that hang somewhere.
 *
 * Moving a subtree from a slot to another one, while a mark runs, is what
 * loses objects in a collector that misses a write: the new slot was scanned
 * already and the old one is empty when its turn comes.
 *
 * The record holds addresses inverted (herd.h), and nothing that was cut off:
 * such a node is never touched again.
 */
#ifndef TEST_GC_GRAPH_H
#define TEST_GC_GRAPH_H

#include "test/gc/herd.h"

enum {
	GRAPH_CELLS = 48,
	GRAPH_NODES = 3000, /* cells included */
	GRAPH_SLOTS = 4,    /* of a node */
	GRAPH_NONE = -1,
};

struct graph_node {
	uint64_t key; /* of its place in the record, and its generation */
	struct graph_node *above;
	struct graph_node *below[GRAPH_SLOTS];
	unsigned char rest[]; /* filled by key */
};

/* What is known of a node, or of a cell (the first GRAPH_CELLS). */
struct graph_record {
	uintptr_t hidden; /* the node; for a cell the cell itself */
	uint64_t key;
	uint32_t size;
	int above, slot;        /* where it hangs */
	int below[GRAPH_SLOTS]; /* what hangs in it; a cell has one slot */
};

struct graph {
	uint64_t random;
	uint64_t ncreated; /* nodes, ever */
	uint64_t nmoved;
	int live[GRAPH_NODES];  /* records in use, cells first */
	int index[GRAPH_NODES]; /* of a record in live */
	int nlive;
	struct graph_record records[GRAPH_NODES];
};

static inline uint64_t graph_random(struct graph *g)
{
	uint64_t z = g->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint32_t graph_below(struct graph *g, uint32_t n)
{
	return (uint32_t)(graph_random(g) % n);
}

static inline bool graph_is_cell(int record)
{
	return record < GRAPH_CELLS;
}

static inline int graph_nslots(int record)
{
	return graph_is_cell(record) ? 1 : GRAPH_SLOTS;
}

/* The slot itself, in memory that is scanned. */
static inline struct graph_node **graph_slot(
	struct graph *g, int record, int slot)
{
	if (graph_is_cell(record))
		return (struct graph_node **)unhide(g->records[record].hidden);
	return &((struct graph_node *)unhide(g->records[record].hidden))
			->below[slot];
}

static inline struct graph_node *graph_node(struct graph *g, int record)
{
	return graph_is_cell(record)
		       ? NULL
		       : (struct graph_node *)unhide(g->records[record].hidden);
}

static inline void graph_start(
	struct graph *g, uint64_t seed, void **const *cells)
{
	memset(g, 0, sizeof *g);
	g->random = seed;
	for (int i = 0; i < GRAPH_NODES; i++) {
		g->live[i] = g->index[i] = i;
		for (int j = 0; j < GRAPH_SLOTS; j++)
			g->records[i].below[j] = GRAPH_NONE;
	}
	for (int i = 0; i < GRAPH_CELLS; i++) {
		g->records[i].hidden = hide(cells[i]);
		g->records[i].above = GRAPH_NONE;
		*cells[i] = NULL;
	}
	g->nlive = GRAPH_CELLS;
}

/* Dies unless the node, its neighbours and its bytes are as recorded. */
static inline void graph_check(struct graph *g, int record)
{
	const struct graph_record *r = &g->records[record];

	if (!graph_is_cell(record)) {
		struct graph_node *n = graph_node(g, record);
		if (n->key != r->key) {
			dprintf(2, "node %p: key %#llx, not %#llx\n", (void *)n,
				(unsigned long long)n->key,
				(unsigned long long)r->key);
			_exit(1);
		}
		check(n->above == graph_node(g, r->above));
		check(is_filled(
			n->rest, r->size - sizeof *n, (unsigned)n->key));
	}
	for (int i = 0; i < graph_nslots(record); i++)
		check(*graph_slot(g, record, i) ==
			(r->below[i] == GRAPH_NONE
					? NULL
					: graph_node(g, r->below[i])));
}

/* A slot with nothing in it, of a record drawn from those that live. */
static inline bool graph_draw_free(struct graph *g, int *record, int *slot)
{
	*record = g->live[graph_below(g, (uint32_t)g->nlive)];
	*slot = (int)graph_below(g, (uint32_t)graph_nslots(*record));
	return g->records[*record].below[*slot] == GRAPH_NONE;
}

/* Hangs child into a free slot: in memory first, as a program would. */
static inline void graph_hang(struct graph *g, int child, int record, int slot)
{
	struct graph_node *n = graph_node(g, child);

	n->above = graph_node(g, record);
	*graph_slot(g, record, slot) = n;
	g->records[record].below[slot] = child;
	g->records[child].above = record;
	g->records[child].slot = slot;
}

static inline void graph_unhang(struct graph *g, int child)
{
	struct graph_record *r = &g->records[child];

	*graph_slot(g, r->above, r->slot) = NULL;
	g->records[r->above].below[r->slot] = GRAPH_NONE;
}

static inline void graph_create(struct graph *g)
{
	int record, slot;

	if (g->nlive == GRAPH_NODES || !graph_draw_free(g, &record, &slot))
		return;
	const int child = g->live[g->nlive++];
	struct graph_record *r = &g->records[child];
	const uint32_t big = graph_below(g, 200) == 0 ? 60000 : 300;
	r->size = (uint32_t)sizeof(struct graph_node) + graph_below(g, big);
	r->key = ++g->ncreated << 12 | (uint32_t)child;
	struct graph_node *volatile pointer =
		(struct graph_node *)calloc(1, r->size);
	struct graph_node *const n = pointer;
	check(n != NULL);
	n->key = r->key;
	fill(n->rest, r->size - sizeof *n, (unsigned)r->key);
	r->hidden = hide(n);
	graph_hang(g, child, record, slot);
	(void)pointer;
}

/* A node that lives, or GRAPH_NONE. */
static inline int graph_draw_node(struct graph *g)
{
	if (g->nlive == GRAPH_CELLS)
		return GRAPH_NONE;
	return g->live[GRAPH_CELLS +
		       graph_below(g, (uint32_t)(g->nlive - GRAPH_CELLS))];
}

/* Whether record hangs somewhere below top. */
static inline bool graph_hangs_below(struct graph *g, int record, int top)
{
	while (record != GRAPH_NONE && record != top)
		record = g->records[record].above;
	return record == top;
}

/* Out of one slot, then into the other: for a moment only we have it. */
static inline void graph_move(struct graph *g)
{
	int record, slot;
	const int child = graph_draw_node(g);

	if (child == GRAPH_NONE || !graph_draw_free(g, &record, &slot) ||
		graph_hangs_below(g, record, child))
		return;
	graph_check(g, child);
	/* The record's address is inverted: a pointer must be on the stack. */
	struct graph_node *volatile pointer = graph_node(g, child);
	graph_unhang(g, child);
	graph_hang(g, child, record, slot);
	(void)pointer;
	g->nmoved++;
}

/* The record forgets child and all below it. */
static inline void graph_forget(struct graph *g, int child)
{
	int stack[GRAPH_NODES], n = 0;

	stack[n++] = child;
	while (n > 0) {
		const int i = stack[--n];
		for (int j = 0; j < GRAPH_SLOTS; j++) {
			if (g->records[i].below[j] != GRAPH_NONE)
				stack[n++] = g->records[i].below[j];
			g->records[i].below[j] = GRAPH_NONE;
		}
		const int last = g->live[--g->nlive];
		g->live[g->index[i]] = last;
		g->index[last] = g->index[i];
		g->live[g->nlive] = i;
		g->index[i] = g->nlive;
	}
}

/* Cuts a subtree off and leaves it to the collector. */
static inline void graph_cut(struct graph *g)
{
	const int child = graph_draw_node(g);

	if (child == GRAPH_NONE)
		return;
	graph_check(g, child);
	graph_unhang(g, child);
	graph_forget(g, child);
}

/* One random change. */
static inline void graph_step(struct graph *g)
{
	const uint32_t what = graph_below(g, 100);

	if (what < 40)
		graph_create(g);
	else if (what < 85)
		graph_move(g);
	else if (what < 97)
		graph_check(g, g->live[graph_below(g, (uint32_t)g->nlive)]);
	else
		graph_cut(g);
}

static inline void graph_check_all(struct graph *g)
{
	for (int i = 0; i < g->nlive; i++)
		graph_check(g, g->live[i]);
}

/* Nodes that must live. */
static inline int graph_nnodes(const struct graph *g)
{
	return g->nlive - GRAPH_CELLS;
}

#endif
