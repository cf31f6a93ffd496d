/*
 * heapprof_massif: to massif.out, a snapshot for each profile.
 *
 * Time is in ms since the first profile's program began, or since the first
 * profile.  A first snapshot, of nothing, makes the graph begin at 0.  The
 * greatest one is the peak; all have their trees.  What is below a hundredth
 * is summed up in one line, as massif does.
 *
 * Context:    one thread.
 */
#include <inttypes.h>

#include "cmd/calltree.h"
#include "cmd/heapprof.h"

enum { THRESHOLD = 100 /* parts of the whole; less is summed up */ };

static void write_place(
	FILE *out, struct heapprof *p, const struct calltree_node *node)
{
	const struct heapprof_location *l = &p->locations[node->location];

	fprintf(out, "0x%" PRIX64 ": ", l->address);
	if (l->nlines == 0) {
		const char *file = l->mapping != HEAPPROF_NO_MAPPING
					   ? p->mappings[l->mapping].file
					   : "";
		fprintf(out, "??? (in %s)\n", *file != '\0' ? file : "?");
		return;
	}
	const struct heapprof_line *line = &l->lines[node->line];
	fputs(line->function, out);
	if (*line->file != '\0')
		fprintf(out, " (%s:%" PRId64 ")\n", line->file, line->line);
	else if (l->mapping != HEAPPROF_NO_MAPPING)
		fprintf(out, " (in %s)\n", p->mappings[l->mapping].file);
	else
		fputs(" (?)\n", out);
}

static void write_children(FILE *out, struct heapprof *p,
	const struct calltree_node *node, int64_t least, int depth)
{
	int64_t below = 0;
	size_t nbelow = 0, nshown = 0;

	while (nshown < node->nchildren &&
		node->children[nshown]->value >= least)
		nshown++;
	for (size_t i = nshown; i < node->nchildren; i++, nbelow++)
		below += node->children[i]->value;
	for (size_t i = 0; i < nshown; i++) {
		const struct calltree_node *child = node->children[i];
		size_t n = 0;
		while (n < child->nchildren &&
			child->children[n]->value >= least)
			n++;
		fprintf(out, "%*sn%zu: %" PRId64 " ", depth, "",
			n + (n < child->nchildren), child->value);
		write_place(out, p, child);
		write_children(out, p, child, least, depth + 1);
	}
	if (nbelow > 0)
		fprintf(out,
			"%*sn0: %" PRId64 " in %zu place%s, %s below massif's "
			"threshold (1.00%%)\n",
			depth, "", below, nbelow, nbelow > 1 ? "s" : "",
			nbelow > 1 ? "all" : "");
}

static void write_tree(
	FILE *out, struct heapprof *p, enum heapprof_value value, bool peak)
{
	struct calltree_node *root = calltree_build(p, value);
	int64_t least = root->value / THRESHOLD;
	size_t n = 0;

	while (n < root->nchildren && root->children[n]->value >= least)
		n++;
	fprintf(out, "heap_tree=%s\n", peak ? "peak" : "detailed");
	fprintf(out,
		"n%zu: %" PRId64 " (heap allocation functions) "
		"malloc/new/new[], --alloc-fns, etc.\n",
		n + (n < root->nchildren), root->value);
	write_children(out, p, root, least, 1);
	calltree_free(root);
}

static void write_head(FILE *out, size_t number, int64_t ms, int64_t bytes)
{
	fprintf(out,
		"#-----------\nsnapshot=%zu\n#-----------\ntime=%" PRId64
		"\nmem_heap_B=%" PRId64
		"\nmem_heap_extra_B=0\nmem_stacks_B=0\n",
		number, ms, bytes);
}

/* ms of the first profile since the start. */
static int64_t first_ms(const struct heapprof *p)
{
	return p->duration_ns > 0 ? p->duration_ns / 1000000 : 1;
}

bool heapprof_write_massif(struct heapprof *const *p, size_t n,
	enum heapprof_value value, FILE *out)
{
	size_t peak = 0;
	int64_t last = 0;

	for (size_t i = 1; i < n; i++)
		if (heapprof_total(p[i], value) >
			heapprof_total(p[peak], value))
			peak = i;
	fprintf(out, "desc: goalloc profile convert\ncmd: %s\ntime_unit: ms\n",
		p[0]->nmappings > 0 ? p[0]->mappings[0].file : "?");
	write_head(out, 0, 0, 0);
	fputs("heap_tree=empty\n", out);
	for (size_t i = 0; i < n; i++) {
		int64_t ms = first_ms(p[0]) +
			     (p[i]->time_ns - p[0]->time_ns) / 1000000;
		last = ms > last ? ms : last + (i > 0); /* never back */
		write_head(out, i + 1, last, heapprof_total(p[i], value));
		write_tree(out, p[i], value, i == peak);
	}
	return ferror(out) == 0;
}
