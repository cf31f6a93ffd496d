/*
 * failif: a condition on a comparison, for --fail-if.
 *
 *	condition = all { "or" all }
 *	all       = test { "and" test }
 *	test      = FIGURE ( ">" | ">=" | "<" | "<=" ) limit
 *	limit     = [ "+" | "-" ] NUMBER [ "%" | "x" | UNIT ]
 *
 * "rss>+5%" and "rss>1.05x" compare with the base; so does a limit with a
 * sign and a unit, "wall>+0.5s".  A limit without a sign is the figure's own:
 * "rss>200MiB".  Figures are metric_table's keys, units those of metrics.
 */
#ifndef CMD_FAILIF_H
#define CMD_FAILIF_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/metrics.h"

enum failif_limit {
	FAILIF_ABSOLUTE,   /* the figure itself */
	FAILIF_DIFFERENCE, /* contender - base */
	FAILIF_RELATIVE,   /* contender / base - 1 */
};

enum failif_relation {
	FAILIF_ABOVE,
	FAILIF_AT_LEAST,
	FAILIF_BELOW,
	FAILIF_AT_MOST
};

struct failif_test {
	enum metric metric;            /* what is tested */
	enum failif_relation relation; /* to the limit */
	enum failif_limit kind;        /* of limit */
	double limit;                  /* bytes, seconds, count or ratio - 1 */
	bool is_alternative;           /* "or" stands before it */
};

enum { FAILIF_MAX = 16 /* tests of a condition */ };

struct failif {
	const char *text; /* as given */
	struct failif_test tests[FAILIF_MAX];
	size_t ntests; /* of them */
};

/* Reads text; false: *error is where it cannot be understood, *why says. */
bool failif_parse(struct failif *condition, const char *text,
	const char **error, const char **why);

/* What a test needs to know of a figure. */
struct failif_figure {
	double value;      /* the contender's median */
	double difference; /* from the base's median */
	double relative;   /* shift / base */
	bool is_distinct;  /* the difference is more than chance */
	bool is_single;    /* one run only: chance is not known */
};

/*
 * Whether the condition holds for figures[metric].  A difference that may be
 * chance counts as none.  A figure that is not known meets no test.
 */
bool failif_holds(
	const struct failif *condition, const struct failif_figure *figures);

#endif
