/*
 * callsites: matches two profiles by function, file and line.
 *
 * Flat values belong to the place that called malloc, cumulative ones to the
 * function of that place and all that it called.
 *
 * Pinned: a span (or a size class's spans) is kept resident by the objects
 * that live in it.  Its free bytes are charged to their call sites in
 * proportion to the objects that each has there:
 *
 *   pinned(site) = sum over classes: free(class) * objects(site, class)
 *                                    / objects(class)
 *
 * objects(class) is the profile's own estimate, so that a class's free bytes
 * are charged in full.  Free bytes by class are known where the ledger has
 * them, that is, for goalloc.
 */
#include "cmd/callsites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/intern.h"
#include "cmd/say.h"

/* Functions that hide the one of interest are passed over by heapprof. */
static uint32_t place_of(struct heapprof *p, const struct heapprof_sample *s)
{
	return s->stack[heapprof_nallocators(p, s)];
}

char *callsites_name(struct heapprof *p, uint32_t location)
{
	const struct heapprof_location *l = &p->locations[location];

	if (l->nlines > 0 || l->mapping == HEAPPROF_NO_MAPPING)
		return must_copy(heapprof_name(p, location));
	const struct heapprof_mapping *m = &p->mappings[l->mapping];
	const char *slash = strrchr(m->file, '/');
	return must_format("%s+0x%lx", slash != NULL ? slash + 1 : m->file,
		(unsigned long)(l->address - m->start + m->offset));
}

struct matcher {
	struct callsites *sites;
	struct intern places;
	size_t cap;
};

/* The site of that name and place; made if it is new. */
static struct callsite *matcher_find(
	struct matcher *m, const char *function, const char *file, int64_t line)
{
	struct callsites *s = m->sites;
	char *key = must_format("%s\n%s\n%ld", function, file, (long)line);
	struct intern_entry *e = intern(&m->places, key, strlen(key));

	free(key);
	if (e->number == UINT64_MAX) {
		s->at = must_grow(s->at, s->n, &m->cap, sizeof *s->at);
		s->at[s->n] = (struct callsite){
			.function = must_copy(function),
			.file = must_copy(file),
			.line = line,
		};
		e->number = s->n++;
	}
	return &s->at[e->number];
}

/* The site of a sample. */
static struct callsite *matcher_site(struct matcher *m, struct heapprof *p,
	const struct heapprof_sample *sample)
{
	const char *file = "";
	int64_t line = 0;

	if (sample->nstack == 0)
		return matcher_find(m, "(unknown)", "", 0);
	const uint32_t at = place_of(p, sample);
	const struct heapprof_location *l = &p->locations[at];
	if (l->nlines > 0 && l->lines[0].file[0] != '\0') {
		file = l->lines[0].file;
		line = l->lines[0].line;
	} else if (l->mapping != HEAPPROF_NO_MAPPING) {
		file = p->mappings[l->mapping].file;
	}
	char *function = callsites_name(p, at);
	struct callsite *site = matcher_find(m, function, file, line);
	free(function);
	return site;
}

/* Adds values from..to of a profile to one side. */
static void matcher_add(struct matcher *m, struct heapprof *p, int side,
	enum heapprof_value from, enum heapprof_value to)
{
	for (size_t i = 0; p != NULL && i < p->nsamples; i++) {
		const struct heapprof_sample *sample = &p->samples[i];
		struct callsite *site = matcher_site(m, p, sample);

		for (int k = (int)from; k <= (int)to; k++) {
			const double v = (double)sample->values[k];
			site->values[side][k] += v;
			m->sites->total[side][k] += v;
		}
	}
}

/* ---- Pinned ---------------------------------------------------------- */

static int class_of(const struct ledger *l, int64_t size)
{
	for (size_t i = 0; i < l->nclasses; i++)
		if ((double)size <= l->classes[i].size)
			return (int)i;
	return -1;
}

static void matcher_pin(
	struct matcher *m, const struct callsites_side *from, int side)
{
	double objects[LEDGER_CLASSES] = {0};
	const struct ledger *l = from->ledger;
	struct heapprof *p = from->peak;

	for (size_t i = 0; i < p->nsamples; i++) {
		const int class = class_of(l, p->samples[i].size);
		if (class >= 0)
			objects[class] +=
				(double)p->samples[i].values[INUSE_OBJECTS];
	}
	for (size_t i = 0; i < p->nsamples; i++) {
		const struct heapprof_sample *sample = &p->samples[i];
		const int class = class_of(l, sample->size);
		if (class < 0 || objects[class] <= 0)
			continue;
		matcher_site(m, p, sample)->pinned[side] +=
			l->classes[class].free *
			(double)sample->values[INUSE_OBJECTS] / objects[class];
	}
}

/* ---- Cumulative ------------------------------------------------------ */

/* A function counts once for a stack, however often it is in it. */
static void add_stack(struct heapprof *p, const struct heapprof_sample *s,
	size_t number, struct intern *functions, double *sums, double *seen)
{
	for (uint32_t i = 0; i < s->nstack; i++) {
		char *name = callsites_name(p, s->stack[i]);
		struct intern_entry *e = intern(functions, name, strlen(name));

		free(name);
		if (e->number == UINT64_MAX ||
			seen[e->number] == (double)number)
			continue;
		seen[e->number] = (double)number;
		sums[e->number] += (double)s->values[INUSE_SPACE];
	}
}

static void matcher_cumulate(struct matcher *m, struct heapprof *p, int side)
{
	struct callsites *s = m->sites;
	struct intern functions = {0};
	double *sums = must_calloc(s->n + 1, sizeof *sums);
	double *seen = must_calloc(s->n + 1, sizeof *seen);
	size_t nfunctions = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->at[i].function;
		struct intern_entry *e = intern(&functions, name, strlen(name));
		if (e->number == UINT64_MAX)
			e->number = nfunctions++;
	}
	for (size_t i = 0; i < p->nsamples; i++)
		add_stack(p, &p->samples[i], i + 1, &functions, sums, seen);
	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->at[i].function;
		s->at[i].cumulative[side] =
			sums[intern(&functions, name, strlen(name))->number];
	}
	intern_free(&functions);
	free(sums);
	free(seen);
}

/* ---- All ------------------------------------------------------------- */

static double change_of(const struct callsite *s)
{
	return fabs(s->values[1][INUSE_SPACE] - s->values[0][INUSE_SPACE]);
}

static int by_change(const void *a, const void *b)
{
	const struct callsite *x = a;
	const struct callsite *y = b;
	const double dx = change_of(x);
	const double dy = change_of(y);

	if (dx != dy)
		return dx < dy ? 1 : -1;
	const int order = strcmp(x->function, y->function);
	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

bool callsites_is_distinct(double base, double other, double period)
{
	/* An estimate is bytes / period samples, each worth period bytes. */
	return fabs(other - base) > 3 * sqrt(period * (base + other));
}

struct callsites callsites_compare(
	const struct callsites_side *base, const struct callsites_side *other)
{
	const struct callsites_side *sides[] = {base, other};
	struct callsites sites = {0};
	struct matcher m = {.sites = &sites};

	for (int i = 0; i < CALLSITES_SIDES; i++) {
		struct heapprof *all = sides[i]->exit != NULL ? sides[i]->exit
							      : sides[i]->peak;
		if (sides[i]->peak == NULL)
			continue;
		matcher_add(&m, sides[i]->peak, i, INUSE_OBJECTS, INUSE_SPACE);
		matcher_add(&m, all, i, ALLOC_OBJECTS, ALLOC_SPACE);
		if (sides[i]->ledger->nclasses > 0)
			matcher_pin(&m, sides[i], i);
	}
	for (int i = 0; i < CALLSITES_SIDES; i++)
		if (sides[i]->peak != NULL)
			matcher_cumulate(&m, sides[i]->peak, i);
	intern_free(&m.places);
	for (size_t i = 0; i < sites.n && base->peak != NULL; i++)
		sites.at[i].is_distinct = callsites_is_distinct(
			sites.at[i].values[0][INUSE_SPACE],
			sites.at[i].values[1][INUSE_SPACE],
			(double)base->peak->period);
	if (sites.n > 0)
		qsort(sites.at, sites.n, sizeof *sites.at, by_change);
	return sites;
}

void callsites_free(struct callsites *sites)
{
	for (size_t i = 0; i < sites->n; i++) {
		free(sites->at[i].function);
		free(sites->at[i].file);
	}
	free(sites->at);
	*sites = (struct callsites){0};
}
