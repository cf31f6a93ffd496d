/*
 * sites: see sites.h.
 *
 * The call site is the innermost function that is no allocation function, as
 * the compiler inlined it there.
 *
 * Context:    one thread.
 */
#include "cmd/sites.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

static struct site place_of(struct heapprof *p, const struct heapprof_sample *s)
{
	struct site place = {.function = heapprof_string(p, "(unknown)"),
		.file = heapprof_string(p, "")};

	if (s->nstack == 0)
		return place;
	uint32_t at = s->stack[heapprof_nallocators(p, s)];
	const struct heapprof_location *l = &p->locations[at];
	place.function = heapprof_name(p, at);
	if (l->nlines > 0) {
		place.file = l->lines[0].file;
		place.line = l->lines[0].line;
	} else if (l->mapping != HEAPPROF_NO_MAPPING) {
		place.file = p->mappings[l->mapping].file;
	}
	return place;
}

static enum heapprof_value sort_value;

static int64_t magnitude(int64_t n)
{
	return n < 0 ? -n : n;
}

static int by_value(const void *a, const void *b)
{
	const struct site *x = a, *y = b;
	int64_t m = magnitude(x->values[sort_value]);
	int64_t n = magnitude(y->values[sort_value]);

	return m != n ? (m < n ? 1 : -1) : strcmp(x->function, y->function);
}

struct sites sites_collect(struct heapprof *p, enum heapprof_value value)
{
	struct sites sites = {0};
	struct intern places = {0};
	size_t cap = 0;

	for (size_t i = 0; i < p->nsamples; i++) {
		const struct site place = place_of(p, &p->samples[i]);
		const struct {
			const char *function;
			const char *file;
			int64_t line;
		} key = {place.function, place.file, place.line};
		struct intern_entry *e = intern(&places, &key, sizeof key);
		if (e->number == UINT64_MAX) {
			sites.at = must_grow(
				sites.at, sites.n, &cap, sizeof *sites.at);
			sites.at[sites.n] = place;
			e->number = sites.n++;
		}
		struct site *site = &sites.at[e->number];
		for (int k = 0; k < HEAPPROF_NVALUES; k++)
			site->values[k] += p->samples[i].values[k];
		site->nstacks++;
	}
	intern_free(&places);
	sort_value = value;
	if (sites.n > 0)
		qsort(sites.at, sites.n, sizeof *sites.at, by_value);
	return sites;
}

void sites_free(struct sites *sites)
{
	free(sites->at);
	*sites = (struct sites){0};
}

void sites_print_place(FILE *out, const struct site *site, int width)
{
	const char *slash = strrchr(site->file, '/');
	const char *file = slash != NULL ? slash + 1 : site->file;
	char place[300] = "";

	if (*file != '\0' && site->line > 0)
		snprintf(place, sizeof place, " (%s:%" PRId64 ")", file,
			site->line);
	else if (*file != '\0')
		snprintf(place, sizeof place, " (%s)", file);
	int room = width - (int)strlen(place);
	if (room < 8)
		room = 8;
	fprintf(out, "%.*s%s", room, site->function, place);
}
