/*
 * heapprof: a heap profile in memory, whatever file it came from.
 *
 *	struct heapprof *p = heapprof_read("x.pb.gz");
 *	symbols_resolve(p);                names for addresses, if it has none
 *	heapprof_write(p, 1, FORMAT_FOLDED, out);
 *	heapprof_free(p);
 *
 * Values are real magnitudes: what was sampled has been scaled up.  Strings
 * belong to the profile and are interned: equal ones have one address.
 */
#ifndef CMD_HEAPPROF_H
#define CMD_HEAPPROF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/intern.h"

/* A sample's values, in profile.proto's order. */
enum heapprof_value {
	ALLOC_OBJECTS,
	ALLOC_SPACE,
	INUSE_OBJECTS,
	INUSE_SPACE,
	HEAPPROF_NVALUES,
};

/* A file mapped with its code. */
struct heapprof_mapping {
	uint64_t start;       /* first address */
	uint64_t end;         /* one past the last */
	uint64_t offset;      /* in the file */
	const char *file;     /* path, or a name in brackets */
	const char *build_id; /* hexadecimal; "" is unknown */
};

/* A function at a place of the code. */
struct heapprof_line {
	const char *function; /* for people: demangled */
	const char *file;     /* of the source; "" is unknown */
	int64_t line;         /* in it; 0 is unknown */
};

enum { HEAPPROF_NO_MAPPING = UINT32_MAX };

/* A place in the code that called. */
struct heapprof_location {
	uint64_t address; /* of the call: the return address less 1; 0: none */
	uint32_t mapping; /* index, or HEAPPROF_NO_MAPPING */
	uint32_t nlines; /* functions inlined there, and the last around them */
	struct heapprof_line *lines; /* innermost first; none: unknown */
};

/* What one stack has allocated in objects of one size. */
struct heapprof_sample {
	int64_t values[HEAPPROF_NVALUES];
	int64_t size;    /* bytes per object, 0 if unknown */
	uint32_t nstack; /* locations */
	uint32_t *stack; /* their indices, innermost first */
};

/* The whole. */
struct heapprof {
	struct heapprof_sample *samples;
	size_t nsamples;
	size_t samples_cap;
	struct heapprof_location *locations;
	size_t nlocations;
	size_t locations_cap;
	struct heapprof_mapping *mappings; /* the program's first */
	size_t nmappings;
	size_t mappings_cap;
	struct intern strings;   /* every string here */
	struct intern places;    /* finds locations by what they are */
	struct intern stacks;    /* finds samples by stack and size */
	int64_t period;          /* mean bytes between samples; 0: unknown */
	int64_t time_ns;         /* when it was taken, since 1970; 0: unknown */
	int64_t duration_ns;     /* since the start of the program */
	bool has_alloc;          /* the ALLOC_ values mean something */
	const char *drop_frames; /* a regular expression, or "" */
};

enum heapprof_format {
	FORMAT_PB,        /* profile.proto, gzipped */
	FORMAT_LEGACY,    /* gperftools' text */
	FORMAT_FOLDED,    /* a line per stack, for flame graphs */
	FORMAT_MASSIF,    /* massif.out */
	FORMAT_HEAPTRACK, /* heaptrack's interpreted data, version 3 */
};

/* Building one. */
struct heapprof *heapprof_new(void);
void heapprof_free(struct heapprof *p);

/* A string of the profile that equals text. */
const char *heapprof_string(struct heapprof *p, const char *text);

/* Adds a mapping. */
void heapprof_add_mapping(struct heapprof *p, const struct heapprof_mapping *m);

/* The mapping that an address lies in, or HEAPPROF_NO_MAPPING. */
uint32_t heapprof_find_mapping(const struct heapprof *p, uint64_t address);

/* The location of an address, or of a function without one; made if new. */
uint32_t heapprof_location(
	struct heapprof *p, uint64_t address, const char *function);

/* Adds a location as it is; lines are copied.  Its index. */
uint32_t heapprof_add_location(
	struct heapprof *p, const struct heapprof_location *l);

/* Adds values under a stack and size: to the sample that has them. */
void heapprof_add(struct heapprof *p, const uint32_t *stack, size_t nstack,
	int64_t size, const int64_t values[HEAPPROF_NVALUES]);

/* Reading.  Each ends the command if it cannot. */
struct heapprof *heapprof_read(const char *path);

/* The same from memory; path is for messages. */
struct heapprof *heapprof_parse(
	const char *path, const char *bytes, size_t size);

/* Writing; false: the disk or pipe is full. */
bool heapprof_write_pb(struct heapprof *p, FILE *out);
bool heapprof_write_legacy(struct heapprof *p, FILE *out);
bool heapprof_write_folded(
	struct heapprof *p, enum heapprof_value value, FILE *out);

/* The differential form: each stack with its two values. */
bool heapprof_write_folded_pair(struct heapprof *before, struct heapprof *after,
	enum heapprof_value value, FILE *out);

/* What became of one heap over time: profiles of one process, in order. */
bool heapprof_write_massif(struct heapprof *const *p, size_t n,
	enum heapprof_value value, FILE *out);
bool heapprof_write_heaptrack(struct heapprof *const *p, size_t n, FILE *out);

/* The name of a location's innermost function, or its address, as text. */
const char *heapprof_name(struct heapprof *p, uint32_t location);

/*
 * How many of a stack's innermost locations are of allocation functions
 * (malloc, operator new, ...), which are nobody's call site.
 */
size_t heapprof_nallocators(
	struct heapprof *p, const struct heapprof_sample *s);

/* All of one value together. */
int64_t heapprof_total(const struct heapprof *p, enum heapprof_value value);

#endif
