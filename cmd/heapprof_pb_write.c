/*
 * heapprof_pb_write: to gzipped profile.proto.
 *
 * Mappings, locations and functions are numbered from 1 by their place.  A
 * function is one name in one file.
 *
 * Context:    one thread.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "cmd/heapprof.h"
#include "cmd/heapprof_pb.h"
#include "cmd/protobuf.h"
#include "cmd/say.h"

struct pb_writer {
	struct heapprof *p;
	struct pb_out out;       /* the profile */
	struct pb_out message;   /* one of its parts */
	struct pb_out part;      /* a part of that */
	struct intern strings;   /* number: place in the table */
	struct intern functions; /* number: their id */
};

static uint64_t string_number(struct pb_writer *w, const char *text)
{
	struct intern_entry *e = intern(&w->strings, text, strlen(text));

	if (e->number == UINT64_MAX) {
		e->number = w->strings.n - 1;
		pb_put_bytes(&w->out, PROFILE_STRING, text, strlen(text));
	}
	return e->number;
}

static void put_value_type(
	struct pb_writer *w, unsigned field, const char *type, const char *unit)
{
	pb_put_number(&w->message, VALUE_TYPE, string_number(w, type));
	pb_put_number(&w->message, VALUE_UNIT, string_number(w, unit));
	pb_put_message(&w->out, field, &w->message);
}

static void put_mapping(struct pb_writer *w, uint64_t id, bool has_names)
{
	const struct heapprof_mapping *m = &w->p->mappings[id - 1];
	struct pb_out *o = &w->message;

	pb_put_number(o, MAPPING_ID, id);
	pb_put_number(o, MAPPING_START, m->start);
	pb_put_number(o, MAPPING_LIMIT, m->end);
	pb_put_number(o, MAPPING_OFFSET, m->offset);
	pb_put_number(o, MAPPING_FILE, string_number(w, m->file));
	pb_put_number(o, MAPPING_BUILD_ID, string_number(w, m->build_id));
	for (unsigned f = MAPPING_HAS_FUNCTIONS; f <= MAPPING_HAS_INLINED; f++)
		pb_put_number(o, f, has_names);
	pb_put_message(&w->out, PROFILE_MAPPING, o);
}

/* The function's id; it is written where it is first needed. */
static uint64_t function_id(struct pb_writer *w, const struct heapprof_line *l)
{
	const char *key[2] = {
		l->function, l->file}; /* interned: addresses do */
	struct intern_entry *e = intern(&w->functions, key, sizeof key);

	if (e->number != UINT64_MAX)
		return e->number;
	e->number = w->functions.n;
	struct pb_out o = {0};
	pb_put_number(&o, FUNCTION_ID, e->number);
	pb_put_number(&o, FUNCTION_NAME, string_number(w, l->function));
	pb_put_number(&o, FUNCTION_SYSTEM_NAME, string_number(w, l->function));
	pb_put_number(&o, FUNCTION_FILE, string_number(w, l->file));
	pb_put_message(&w->out, PROFILE_FUNCTION, &o);
	free(o.bytes);
	return e->number;
}

static void put_location(struct pb_writer *w, uint64_t id)
{
	const struct heapprof_location *l = &w->p->locations[id - 1];
	struct pb_out *o = &w->message;

	pb_put_number(o, LOCATION_ID, id);
	if (l->mapping != HEAPPROF_NO_MAPPING)
		pb_put_number(o, LOCATION_MAPPING, l->mapping + UINT64_C(1));
	pb_put_number(o, LOCATION_ADDRESS, l->address);
	for (uint32_t i = 0; i < l->nlines; i++) {
		pb_put_number(
			&w->part, LINE_FUNCTION, function_id(w, &l->lines[i]));
		pb_put_number(&w->part, LINE_LINE, (uint64_t)l->lines[i].line);
		pb_put_message(o, LOCATION_LINE, &w->part);
	}
	pb_put_message(&w->out, PROFILE_LOCATION, o);
}

static void put_sample(struct pb_writer *w, const struct heapprof_sample *s)
{
	struct pb_out *o = &w->message;
	uint64_t values[HEAPPROF_NVALUES];
	uint64_t *ids = must_calloc(s->nstack, sizeof *ids);

	for (uint32_t i = 0; i < s->nstack; i++)
		ids[i] = s->stack[i] + UINT64_C(1);
	for (int i = 0; i < HEAPPROF_NVALUES; i++)
		values[i] = (uint64_t)s->values[i];
	pb_put_packed(o, SAMPLE_LOCATION, ids, s->nstack);
	pb_put_packed(o, SAMPLE_VALUE, values, HEAPPROF_NVALUES);
	if (s->size > 0) {
		pb_put_number(&w->part, LABEL_KEY, string_number(w, "bytes"));
		pb_put_number(&w->part, LABEL_NUM, (uint64_t)s->size);
		pb_put_number(&w->part, LABEL_UNIT, string_number(w, "bytes"));
		pb_put_message(o, SAMPLE_LABEL, &w->part);
	}
	pb_put_message(&w->out, PROFILE_SAMPLE, o);
	free(ids);
}

/* Which mappings have a location with a name: pprof looks no further there. */
static void put_mappings(struct pb_writer *w)
{
	const struct heapprof *p = w->p;
	bool *has_names = must_calloc(p->nmappings, sizeof *has_names);

	for (size_t i = 0; i < p->nlocations; i++)
		if (p->locations[i].mapping != HEAPPROF_NO_MAPPING &&
			p->locations[i].nlines > 0)
			has_names[p->locations[i].mapping] = true;
	for (size_t i = 0; i < p->nmappings; i++)
		put_mapping(w, i + 1, has_names[i]);
	free(has_names);
}

static void put_profile(struct pb_writer *w)
{
	struct heapprof *p = w->p;

	string_number(w, "");
	put_value_type(w, PROFILE_SAMPLE_TYPE, "alloc_objects", "count");
	put_value_type(w, PROFILE_SAMPLE_TYPE, "alloc_space", "bytes");
	put_value_type(w, PROFILE_SAMPLE_TYPE, "inuse_objects", "count");
	put_value_type(w, PROFILE_SAMPLE_TYPE, "inuse_space", "bytes");
	put_mappings(w);
	for (size_t i = 0; i < p->nlocations; i++)
		put_location(w, i + 1);
	for (size_t i = 0; i < p->nsamples; i++)
		put_sample(w, &p->samples[i]);
	pb_put_number(
		&w->out, PROFILE_DROP_FRAMES, string_number(w, p->drop_frames));
	pb_put_number(&w->out, PROFILE_TIME, (uint64_t)p->time_ns);
	pb_put_number(&w->out, PROFILE_DURATION, (uint64_t)p->duration_ns);
	put_value_type(w, PROFILE_PERIOD_TYPE, "space", "bytes");
	pb_put_number(&w->out, PROFILE_PERIOD, (uint64_t)p->period);
	pb_put_number(
		&w->out, PROFILE_DEFAULT_TYPE, string_number(w, "inuse_space"));
}

/* gzip's bytes, through the descriptor below out. */
static bool write_gzipped(const struct pb_out *o, FILE *out)
{
	if (fflush(out) != 0)
		return false;
	int fd = dup(fileno(out));
	gzFile gz = fd >= 0 ? gzdopen(fd, "wbe") : NULL;
	if (gz == NULL)
		return false;
	bool written = true;
	for (size_t at = 0; at < o->n && written;) {
		size_t n = o->n - at < (1 << 20) ? o->n - at : 1 << 20;
		written = gzwrite(gz, o->bytes + at, (unsigned)n) == (int)n;
		at += n;
	}
	return gzclose(gz) == Z_OK && written;
}

bool heapprof_write_pb(struct heapprof *p, FILE *out)
{
	struct pb_writer w = {.p = p};

	put_profile(&w);
	bool written = write_gzipped(&w.out, out);
	free(w.out.bytes);
	free(w.message.bytes);
	free(w.part.bytes);
	intern_free(&w.strings);
	intern_free(&w.functions);
	return written;
}
