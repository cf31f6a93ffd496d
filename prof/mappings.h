/*
 * mappings: which file's code lies where in this process.  See mappings.c.
 *
 * Context: any but a handler.
 */
#ifndef PROF_MAPPINGS_H
#define PROF_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUILD_ID_MAX = 64 /* bytes of one; 20 are usual */ };

/* Code of one file. */
struct mapping {
	uintptr_t start;                /* first byte */
	uintptr_t end;                  /* one past the last */
	uint64_t offset;                /* of start in the file */
	uintptr_t image;                /* where the file's byte 0 is; 0: not */
	const char *path;               /* of the file; ends with 0 */
	uint32_t build_id_bytes;        /* 0: it has none */
	uint8_t build_id[BUILD_ID_MAX]; /* from its notes */
};

/* All of them, by address, but for the program itself, which is first. */
struct mappings {
	size_t n;            /* in at */
	struct mapping *at;  /* part of memory */
	char *text;          /* /proc/self/maps; part of memory; changed */
	size_t text_bytes;   /* how long that is */
	void *memory;        /* all of it */
	size_t memory_bytes; /* its size */
};

/* Reads them; false: no memory, or no /proc.  Ends with mappings_drop. */
bool mappings_read(struct mappings *m);

/* Gives the memory back. */
void mappings_drop(struct mappings *m);

/* The one that addr lies in: its place in `at`, or n. */
size_t mappings_find(const struct mappings *m, uintptr_t addr);

#endif
