/*
 * figures: a snapshot as text, JSON or OpenMetrics.
 */
#ifndef CMD_FIGURES_H
#define CMD_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/snapshot.h"

/* "12.3 MiB" into buf, at most 10 columns. */
enum { FIGURES_SIZE = 16 };
const char *figures_bytes(char buf[FIGURES_SIZE], uint64_t bytes);

/* A page to read: ledger, collector, size classes. */
void figures_print_text(FILE *out, const struct target *t,
	const struct snapshot *s, unsigned nclasses);

/* One JSON object in one line, without its newline. */
void figures_print_json(
	FILE *out, const struct target *t, const struct snapshot *s);

/* All processes as one OpenMetrics exposition, "# EOF" included. */
void figures_print_openmetrics(FILE *out, const struct target *targets,
	const struct snapshot *snapshots, size_t n);

/* A string in JSON's or OpenMetrics' quotes. */
void figures_print_quoted(FILE *out, const char *text);

#endif
