/*
 * report: what the three forms of a report share: the text on the terminal,
 * report.json and report.html.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include <stddef.h>

#include "cmd/compare.h"

/* X(name): the columns of a series that are numbers. */
#define FOR_EACH_SAMPLE_COLUMN(X)                                              \
	X(t)                                                                   \
	X(rss)                                                                 \
	X(lazyfree)                                                            \
	X(pss)                                                                 \
	X(huge)                                                                \
	X(swap)                                                                \
	X(requested)                                                           \
	X(rounded)                                                             \
	X(counted)                                                             \
	X(held)                                                                \
	X(committed)                                                           \
	X(goal)                                                                \
	X(ncycles)

/*
 * How a finding differs from the base's: "-12.3 %", "+2" or "no difference"
 * (short: "same").
 */
char *report_delta(char *out, size_t size, const struct finding *f,
	enum metric metric, bool is_short);

/* The interval of that: "-14.0 to -10.1 %". */
char *report_interval(
	char *out, size_t size, const struct finding *f, enum metric metric);

/* "the same output, exit status 0", or what differs. */
char *report_outcome(char *out, size_t size, const struct comparison *c);

/* The command as one would type it, at most so many columns; -1: all. */
char *report_command(const struct comparison *c, int columns);

/* "5 runs each, interleaved". */
char *report_runs(char *out, size_t size, const struct comparison *c);

/* Whether no contender has the figure, or all have 0. */
bool report_is_empty(const struct comparison *c, enum metric metric);

/*
 * The comparison in one sentence, of base and contender i: "Under goalloc
 * peak RSS is 12 % lower; wall time is the same."
 */
char *report_sentence(const struct comparison *c, size_t i);

#endif
