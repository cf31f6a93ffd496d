/*
 * profile: a heap profile as a file.  See profile.c.
 *
 * Context: any but a handler; the thread is busy.
 */
#ifndef PROF_PROFILE_H
#define PROF_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/options.h"

struct bucket;
struct out;

/* Which moment of the heap. */
enum profile_view {
	PROFILE_NOW,
	PROFILE_PEAK, /* when what was live was the most */
	PROFILE_LOST, /* now, and in use is what leaks_count found lost */
};

/* What one bucket's samples stand for. */
struct profile_row {
	const struct bucket *bucket; /* whose stack and size */
	uint64_t alloc_objects;      /* allocated since the start */
	uint64_t alloc_bytes;        /* asked for by them */
	uint64_t inuse_objects;      /* not freed */
	uint64_t inuse_bytes;        /* asked for by them */
};

/* A moment, whole.  Buckets and stacks stay for good. */
struct profile {
	struct profile_row *rows; /* nrows of them */
	size_t nrows;             /* those without any sample left out */
	size_t rows_bytes;        /* memory of rows */
	uint32_t rate;            /* mean bytes between samples */
	uint64_t nlost;           /* samples missed for lack of room */
	uint64_t unix_ns;         /* when it was taken */
	uint64_t since_ns;        /* start to then */
};

/* Takes the profile; false: no memory.  Ends with profile_drop. */
bool profile_take(struct profile *p, enum profile_view view);

/* Gives its memory back. */
void profile_drop(struct profile *p);

/* Writes it in one of the formats; false: no memory. */
bool profile_pb_write(struct out *o, const struct profile *p);
bool profile_text_write(struct out *o, const struct profile *p);

/* Takes a profile and writes it to fd; 0 or an errno. */
int profile_write(int fd, enum profile_view view, enum profile_format format);

/*
 * The same to a file, which is there whole or not at all.  path is absolute,
 * or relative to the working directory.
 */
int profile_write_file(
	const char *path, enum profile_view view, enum profile_format format);

/* Profiles count their time from now on. */
void profile_start_clock(void);

#endif
