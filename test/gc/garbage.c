/*
 * Of a gibibyte of small objects that point at each other at random (64 MiB in
 * the short run) 99 % go within two cycles once nothing points at them any
 * more: as one graph, as lists, as rings, as a list a million objects long.
 */
/* cases: random list rings tree */
/* control: no, everything is lost */
/* env: GODEBUG=gccheckmark=0 */
/* seconds: 120 */
#include "test/gc/herd.h"

enum { NODE_SIZE = 64, RING = 100 };

struct node {
	struct node *to[2];
	char rest[NODE_SIZE - 2 * sizeof(void *)];
};

static uint64_t random_state = 1;
static const char *which;

static uint64_t random_next(void)
{
	random_state =
		random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 33;
}

/* Where node i of the table points. */
static void link_node(struct node **table, size_t n, size_t i)
{
	struct node *const node = table[i];

	if (strcmp(which, "random") == 0) {
		node->to[0] = table[random_next() % n];
		node->to[1] = table[random_next() % n];
	} else if (strcmp(which, "list") == 0) {
		node->to[0] = i + 1 < n ? table[i + 1] : NULL;
		node->to[1] = i > 0 ? table[i - 1] : NULL;
	} else if (strcmp(which, "rings") == 0) {
		node->to[0] = table[i / RING * RING + (i + 1) % RING];
	} else {
		node->to[0] = i * 2 + 1 < n ? table[i * 2 + 1] : NULL;
		node->to[1] = i * 2 + 2 < n ? table[i * 2 + 2] : NULL;
	}
}

static struct node **table;
static size_t nnodes;

static void build(void)
{
	table = malloc(nnodes * sizeof *table);
	check(table != NULL);
	for (size_t i = 0; i < nnodes; i++) {
		table[i] = calloc(1, sizeof(struct node));
		check(table[i] != NULL);
	}
	for (size_t i = 0; i < nnodes; i++)
		link_node(table, nnodes, i);
}

/* All that is left is node 0, which reaches all but of the rings and random. */
static void forget_table(void)
{
	struct node *const top = table[0];

	memset(table, 0, nnodes * sizeof *table);
	free(table);
	table = (struct node **)top;
}

static uint64_t objects(void)
{
	static struct goalloc_mem_stats stats;

	if (goalloc_read_mem_stats != NULL)
		goalloc_read_mem_stats(&stats);
	return stats.heap_objects;
}

static void check_reaches_all(void)
{
	size_t n = 0;

	for (const struct node *p = (struct node *)table; p != NULL;
		p = p->to[0])
		n++;
	if (strcmp(which, "list") == 0)
		check_cmp(n, ==, nnodes);
}

int main(int argc, char **argv)
{
	const size_t total = (size_t)(getenv("GOALLOC_TEST_LONG") ? 1024 : 64)
			     << 20;

	check(argc == 2);
	which = argv[1];
	nnodes = total / sizeof(struct node) / RING * RING;
	herd_start();
	gc_now();
	gc_now();
	const uint64_t before = objects();
	herd_plant(build);
	herd_plant(forget_table);
	if (strcmp(which, "list") == 0 || strcmp(which, "tree") == 0) {
		gc_now();
		if (gc_is_on())
			check_cmp(objects() - before, >=, nnodes);
		if (strcmp(which, "list") == 0)
			check_reaches_all();
	}
	table = NULL;
	scrub();
	gc_now();
	gc_now();
	if (gc_is_on())
		check_cmp(objects() - before, <=, nnodes / 100 + 10);
	return 0;
}
