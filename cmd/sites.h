/*
 * sites: a profile by call site: who called malloc.
 */
#ifndef CMD_SITES_H
#define CMD_SITES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/heapprof.h"

/* What one line of source, or one function, has allocated. */
struct site {
	const char *function;
	const char *file; /* "" is unknown */
	int64_t line;
	int64_t values[HEAPPROF_NVALUES];
	uint32_t nstacks; /* stacks that lead there */
};

/* All of them. */
struct sites {
	struct site *at;
	size_t n;
};

/* Adds up a profile that has been resolved, greatest by value first. */
struct sites sites_collect(struct heapprof *p, enum heapprof_value value);

/* Gives the memory back. */
void sites_free(struct sites *sites);

/* "function (file.c:12)", cut to fit into width columns. */
void sites_print_place(FILE *out, const struct site *site, int width);

#endif
