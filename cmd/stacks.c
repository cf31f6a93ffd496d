/*
 * stacks: see stacks.h.
 *
 * Context:    one thread.
 */
#include "cmd/stacks.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cmd/figures.h"
#include "cmd/say.h"
#include "cmd/sites.h"

enum { PLACE_WIDTH = 57 /* columns of a function and its place */ };

static enum heapprof_value stack_value;

static int by_stack_value(const void *a, const void *b)
{
	const struct heapprof_sample *const *x = a, *const *y = b;
	int64_t m = (*x)->values[stack_value], n = (*y)->values[stack_value];

	return m != n ? (m < n ? 1 : -1) : 0;
}

static void print_stack(
	FILE *out, struct heapprof *p, const struct heapprof_sample *s)
{
	for (size_t i = heapprof_nallocators(p, s); i < s->nstack; i++) {
		const struct heapprof_location *l = &p->locations[s->stack[i]];
		for (uint32_t k = 0; k == 0 || k < l->nlines; k++) {
			struct site place = {
				.function = heapprof_name(p, s->stack[i]),
				.file = "",
			};
			if (l->nlines > 0)
				place = (struct site){
					.function = l->lines[k].function,
					.file = l->lines[k].file,
					.line = l->lines[k].line};
			fprintf(out, "%21s", "");
			sites_print_place(out, &place, PLACE_WIDTH);
			fputc('\n', out);
		}
	}
}

void stacks_print(
	FILE *out, struct heapprof *p, enum heapprof_value value, size_t most)
{
	const struct heapprof_sample **order =
		must_calloc(p->nsamples, sizeof(void *));
	char bytes[FIGURES_SIZE];

	for (size_t i = 0; i < p->nsamples; i++)
		order[i] = &p->samples[i];
	stack_value = value;
	if (p->nsamples > 0)
		qsort(order, p->nsamples, sizeof(void *), by_stack_value);
	for (size_t i = 0; i < p->nsamples && i < most; i++) {
		const struct heapprof_sample *s = order[i];
		if (s->values[value] == 0)
			break;
		fprintf(out,
			"%11s%10" PRId64 " object%s of %" PRId64 " bytes\n",
			figures_bytes(bytes, (uint64_t)s->values[value]),
			s->values[value - 1],
			s->values[value - 1] != 1 ? "s" : "",
			s->values[value - 1] > 0
				? s->values[value] / s->values[value - 1]
				: 0);
		print_stack(out, p, s);
	}
	free(order);
}
