/*
 * heapprof_legacy_write: to gperftools' text.
 *
 * The header says heapprofile: values are real magnitudes and readers leave
 * them alone.  Where the header's two pairs are equal, readers take the
 * second for absent, so the allocated bytes are then said to be one more, as
 * Go does.
 *
 * Context:    one thread.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "cmd/heapprof.h"
#include "cmd/say.h"

static void write_values(FILE *out, const int64_t v[HEAPPROF_NVALUES])
{
	fprintf(out,
		"%6" PRId64 ": %8" PRId64 " [%6" PRId64 ": %8" PRId64 "] @",
		v[INUSE_OBJECTS], v[INUSE_SPACE], v[ALLOC_OBJECTS],
		v[ALLOC_SPACE]);
}

/* A row may not have bytes in no object. */
static void even_out(int64_t *objects, int64_t space)
{
	if (*objects == 0 && space != 0)
		*objects = 1;
}

static void write_row(
	FILE *out, const struct heapprof *p, const struct heapprof_sample *s)
{
	int64_t v[HEAPPROF_NVALUES];

	for (int i = 0; i < HEAPPROF_NVALUES; i++)
		v[i] = s->values[i];
	if (!p->has_alloc)
		v[ALLOC_OBJECTS] = v[INUSE_OBJECTS],
		v[ALLOC_SPACE] = v[INUSE_SPACE];
	even_out(&v[INUSE_OBJECTS], v[INUSE_SPACE]);
	even_out(&v[ALLOC_OBJECTS], v[ALLOC_SPACE]);
	write_values(out, v);
	for (uint32_t i = 0; i < s->nstack; i++)
		fprintf(out, " 0x%" PRIx64,
			p->locations[s->stack[i]].address + 1);
	fputc('\n', out);
}

static void check_addresses(const struct heapprof *p)
{
	for (size_t i = 0; i < p->nlocations; i++)
		if (p->locations[i].address == 0)
			die(STATUS_FAILED,
				"the legacy format holds addresses, and this "
				"profile has functions without one");
}

bool heapprof_write_legacy(struct heapprof *p, FILE *out)
{
	int64_t total[HEAPPROF_NVALUES];

	check_addresses(p);
	for (int i = 0; i < HEAPPROF_NVALUES; i++)
		total[i] = heapprof_total(p, i);
	if (p->has_alloc && total[ALLOC_SPACE] == total[INUSE_SPACE])
		total[ALLOC_SPACE]++;
	fputs("heap profile: ", out);
	write_values(out, total);
	fputs(" heapprofile\n", out);
	for (size_t i = 0; i < p->nsamples; i++)
		write_row(out, p, &p->samples[i]);
	fputs("\nMAPPED_LIBRARIES:\n", out);
	for (size_t i = 0; i < p->nmappings; i++) {
		const struct heapprof_mapping *m = &p->mappings[i];
		fprintf(out,
			"%" PRIx64 "-%" PRIx64 " r-xp %08" PRIx64
			" 00:00 0 %s\n",
			m->start, m->end, m->offset, m->file);
	}
	return ferror(out) == 0;
}
