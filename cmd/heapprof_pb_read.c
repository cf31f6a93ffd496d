/*
 * heapprof_pb_read: from profile.proto.
 *
 * Messages refer to each other by number and may stand in any order: the
 * bytes are gone through once per kind, what is referred to first.
 *
 * Go's, gperftools' and our own profiles name their four values alike; two
 * columns called objects and space are taken for those in use.
 *
 * Context:    one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/heapprof.h"
#include "cmd/heapprof_parse.h"
#include "cmd/heapprof_pb.h"
#include "cmd/protobuf.h"
#include "cmd/say.h"

enum { COLUMNS_MAX = 16 };

struct pb_reader {
	struct heapprof *p;
	struct pb_in bytes;   /* the whole, for each pass */
	const char **strings; /* by number */
	size_t nstrings;
	size_t strings_cap;
	struct heapprof_line *functions;
	size_t nfunctions;
	size_t functions_cap;
	struct intern ids;       /* of mappings, functions, locations */
	int column[COLUMNS_MAX]; /* its enum heapprof_value, or -1 */
	size_t ncolumns;
	uint64_t drop_frames; /* number of a string */
	const char *wrong;    /* the first thing that is */
};

enum id_kind { ID_MAPPING, ID_FUNCTION, ID_LOCATION };

/* The entry whose number is the index of the thing with this id. */
static struct intern_entry *entry_of(
	struct pb_reader *r, enum id_kind kind, uint64_t id)
{
	const uint64_t key[2] = {kind, id};

	return intern(&r->ids, key, sizeof key);
}

static const char *string_of(struct pb_reader *r, uint64_t number)
{
	if (number < r->nstrings)
		return r->strings[number];
	r->wrong = "a string is missing";
	return "";
}

static void read_string(struct pb_reader *r, struct pb_in bytes)
{
	char *text = must_format(
		"%.*s", (int)(bytes.end - bytes.at), (const char *)bytes.at);

	r->strings = must_grow(
		r->strings, r->nstrings, &r->strings_cap, sizeof *r->strings);
	r->strings[r->nstrings++] = heapprof_string(r->p, text);
	free(text);
}

static void read_sample_type(struct pb_reader *r, struct pb_in bytes)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {{"alloc_objects", ALLOC_OBJECTS},
		{"alloc_space", ALLOC_SPACE}, {"inuse_objects", INUSE_OBJECTS},
		{"inuse_space", INUSE_SPACE}, {"objects", INUSE_OBJECTS},
		{"space", INUSE_SPACE}};
	struct pb_field f;
	const char *name = "";

	while (pb_next(&bytes, &f))
		if (f.number == VALUE_TYPE)
			name = string_of(r, f.value);
	if (r->ncolumns == COLUMNS_MAX) {
		r->wrong = "it has too many columns";
		return;
	}
	int *column = &r->column[r->ncolumns++];
	*column = -1;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i].name) == 0)
			*column = known[i].value;
	r->p->has_alloc |= *column == ALLOC_SPACE;
}

static void read_mapping(struct pb_reader *r, struct pb_in bytes)
{
	struct heapprof_mapping m = {0};
	struct pb_field f;
	uint64_t id = 0;

	m.file = m.build_id = string_of(r, 0);
	while (pb_next(&bytes, &f)) {
		switch (f.number) {
		case MAPPING_ID: id = f.value; break;
		case MAPPING_START: m.start = f.value; break;
		case MAPPING_LIMIT: m.end = f.value; break;
		case MAPPING_OFFSET: m.offset = f.value; break;
		case MAPPING_FILE: m.file = string_of(r, f.value); break;
		case MAPPING_BUILD_ID:
			m.build_id = string_of(r, f.value);
			break;
		}
	}
	entry_of(r, ID_MAPPING, id)->number = r->p->nmappings;
	heapprof_add_mapping(r->p, &m);
}

static void read_function(struct pb_reader *r, struct pb_in bytes)
{
	struct heapprof_line l = {0};
	const char *system = string_of(r, 0);
	struct pb_field f;
	uint64_t id = 0;

	l.function = l.file = system;
	while (pb_next(&bytes, &f)) {
		switch (f.number) {
		case FUNCTION_ID: id = f.value; break;
		case FUNCTION_NAME: l.function = string_of(r, f.value); break;
		case FUNCTION_SYSTEM_NAME:
			system = string_of(r, f.value);
			break;
		case FUNCTION_FILE: l.file = string_of(r, f.value); break;
		}
	}
	if (*l.function == '\0')
		l.function = system;
	r->functions = must_grow(r->functions, r->nfunctions, &r->functions_cap,
		sizeof *r->functions);
	entry_of(r, ID_FUNCTION, id)->number = r->nfunctions;
	r->functions[r->nfunctions++] = l;
}

static struct heapprof_line read_line(struct pb_reader *r, struct pb_in bytes)
{
	struct heapprof_line l = {string_of(r, 0), string_of(r, 0), 0};
	struct pb_field f;
	uint64_t id = 0, line = 0;

	while (pb_next(&bytes, &f)) {
		if (f.number == LINE_FUNCTION)
			id = f.value;
		else if (f.number == LINE_LINE)
			line = f.value;
	}
	uint64_t at = entry_of(r, ID_FUNCTION, id)->number;
	if (at < r->nfunctions)
		l = r->functions[at];
	else
		r->wrong = "a function is missing";
	l.line = (int64_t)line;
	return l;
}

static void read_location(struct pb_reader *r, struct pb_in bytes)
{
	struct heapprof_location l = {.mapping = HEAPPROF_NO_MAPPING};
	size_t cap = 0;
	struct pb_field f;
	uint64_t id = 0;

	while (pb_next(&bytes, &f)) {
		switch (f.number) {
		case LOCATION_ID: id = f.value; break;
		case LOCATION_ADDRESS: l.address = f.value; break;
		case LOCATION_MAPPING:
			if (f.value != 0)
				l.mapping = (uint32_t)entry_of(
					r, ID_MAPPING, f.value)
						    ->number;
			break;
		case LOCATION_LINE:
			l.lines = must_grow(
				l.lines, l.nlines, &cap, sizeof *l.lines);
			l.lines[l.nlines++] = read_line(r, f.bytes);
			break;
		}
	}
	if (l.mapping >= r->p->nmappings)
		l.mapping = HEAPPROF_NO_MAPPING;
	entry_of(r, ID_LOCATION, id)->number = heapprof_add_location(r->p, &l);
	free(l.lines);
}

/* The number of a label "bytes", which is an object's size. */
static int64_t read_label(struct pb_reader *r, struct pb_in bytes)
{
	struct pb_field f;
	const char *key = "";
	uint64_t number = 0;

	while (pb_next(&bytes, &f)) {
		if (f.number == LABEL_KEY)
			key = string_of(r, f.value);
		else if (f.number == LABEL_NUM)
			number = f.value;
	}
	return strcmp(key, "bytes") == 0 ? (int64_t)number : 0;
}

static void read_sample(struct pb_reader *r, struct pb_in bytes)
{
	int64_t values[HEAPPROF_NVALUES] = {0}, size = 0;
	uint32_t *stack = NULL;
	size_t n = 0, cap = 0, column = 0;
	struct pb_field f;

	while (pb_next(&bytes, &f)) {
		uint64_t number;
		if (f.number == SAMPLE_LABEL && f.is_bytes) {
			int64_t label = read_label(r, f.bytes);
			size = label != 0 ? label : size;
		}
		while (f.number == SAMPLE_LOCATION &&
			pb_next_number(&f, &number)) {
			uint64_t at = entry_of(r, ID_LOCATION, number)->number;
			stack = must_grow(stack, n, &cap, sizeof *stack);
			if (at < r->p->nlocations)
				stack[n++] = (uint32_t)at;
			else
				r->wrong = "a location is missing";
		}
		while (f.number == SAMPLE_VALUE &&
			pb_next_number(&f, &number)) {
			if (column < r->ncolumns && r->column[column] >= 0)
				values[r->column[column]] += (int64_t)number;
			column++;
		}
	}
	heapprof_add(r->p, stack, n, size, values);
	free(stack);
}

/* Calls read for every message of this number. */
static void each(struct pb_reader *r, unsigned number,
	void (*read)(struct pb_reader *, struct pb_in))
{
	struct pb_in in = r->bytes;
	struct pb_field f;

	while (pb_next(&in, &f))
		if (f.number == number && f.is_bytes)
			read(r, f.bytes);
	if (in.bad)
		r->wrong = "it is neither a text nor profile.proto";
}

static void read_numbers(struct pb_reader *r)
{
	struct pb_in in = r->bytes;
	struct pb_field f;

	while (pb_next(&in, &f)) {
		switch (f.number) {
		case PROFILE_TIME: r->p->time_ns = (int64_t)f.value; break;
		case PROFILE_DURATION:
			r->p->duration_ns = (int64_t)f.value;
			break;
		case PROFILE_PERIOD: r->p->period = (int64_t)f.value; break;
		case PROFILE_DROP_FRAMES:
			r->p->drop_frames = string_of(r, f.value);
			break;
		}
	}
}

static bool has_columns(const struct pb_reader *r)
{
	for (size_t i = 0; i < r->ncolumns; i++)
		if (r->column[i] == INUSE_SPACE || r->column[i] == ALLOC_SPACE)
			return true;
	return false;
}

const char *heapprof_parse_pb(
	struct heapprof *p, const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	struct pb_reader r = {.p = p, .bytes = {at, at + size, false}};

	each(&r, PROFILE_STRING, read_string);
	if (r.wrong == NULL)
		each(&r, PROFILE_SAMPLE_TYPE, read_sample_type);
	if (r.wrong == NULL && !has_columns(&r))
		r.wrong = "it has no column inuse_space or alloc_space";
	if (r.wrong == NULL)
		each(&r, PROFILE_MAPPING, read_mapping);
	if (r.wrong == NULL)
		each(&r, PROFILE_FUNCTION, read_function);
	if (r.wrong == NULL)
		each(&r, PROFILE_LOCATION, read_location);
	if (r.wrong == NULL)
		each(&r, PROFILE_SAMPLE, read_sample);
	if (r.wrong == NULL)
		read_numbers(&r);
	free(r.strings);
	free(r.functions);
	intern_free(&r.ids);
	return r.wrong;
}
