/*
 * heapprof_diff: two profiles as one, whose values are the second's less the
 * first's.
 *
 * Two runs have their code at different addresses, so stacks are compared by
 * the names of their functions; both profiles have been resolved.
 *
 * Context:    one thread.
 */
#include "cmd/heapprof_diff.h"

#include <stdlib.h>

#include "cmd/heapprof.h"
#include "cmd/say.h"

/* The same function in another profile. */
static uint32_t function_in(struct heapprof *to, struct heapprof *from,
	uint32_t location, uint32_t k)
{
	const struct heapprof_location *l = &from->locations[location];

	return heapprof_location(to, 0,
		l->nlines > 0 ? l->lines[k].function
			      : heapprof_name(from, location));
}

/* Adds a stack by its functions' names. */
static void add_stack(struct heapprof *to, struct heapprof *from,
	const struct heapprof_sample *s, int64_t sign)
{
	int64_t values[HEAPPROF_NVALUES];
	uint32_t *stack = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i < s->nstack; i++) {
		uint32_t nlines = from->locations[s->stack[i]].nlines;
		for (uint32_t k = 0; k == 0 || k < nlines; k++) {
			stack = must_grow(stack, n, &cap, sizeof *stack);
			stack[n++] = function_in(to, from, s->stack[i], k);
		}
	}
	for (int i = 0; i < HEAPPROF_NVALUES; i++)
		values[i] = sign * s->values[i];
	heapprof_add(to, stack, n, 0, values);
	free(stack);
}

struct heapprof *heapprof_diff(struct heapprof *before, struct heapprof *after)
{
	struct heapprof *d = heapprof_new();

	for (size_t i = 0; i < before->nsamples; i++)
		add_stack(d, before, &before->samples[i], -1);
	for (size_t i = 0; i < after->nsamples; i++)
		add_stack(d, after, &after->samples[i], 1);
	d->has_alloc = before->has_alloc && after->has_alloc;
	d->period = after->period;
	d->time_ns = after->time_ns;
	return d;
}
