/*
 * callsites: two heap profiles of one program, side by side.
 */
#ifndef CMD_CALLSITES_H
#define CMD_CALLSITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/heapprof.h"
#include "cmd/ledger.h"

enum { CALLSITES_SIDES = 2 /* base, other */ };

/* One place that calls malloc. */
struct callsite {
	char *function; /* as shown */
	char *file;     /* of the source, or the library; "": unknown */
	int64_t line;   /* 0: unknown */
	double values[CALLSITES_SIDES][HEAPPROF_NVALUES]; /* flat */
	double cumulative[CALLSITES_SIDES]; /* INUSE_SPACE below function */
	double pinned[CALLSITES_SIDES]; /* free bytes that it keeps resident */
	bool is_distinct; /* INUSE_SPACE differs by more than sampling may */
};

/* All of them. */
struct callsites {
	struct callsite *at; /* greatest change of INUSE_SPACE first */
	size_t n;            /* of them */
	double total[CALLSITES_SIDES][HEAPPROF_NVALUES]; /* of the profiles */
};

/* What one side has: its heap at the peak, and all that it ever allocated. */
struct callsites_side {
	struct heapprof *peak;       /* NULL: no profile */
	struct heapprof *exit;       /* for the ALLOC values; NULL: peak's */
	const struct ledger *ledger; /* for the free bytes by size class */
};

/*
 * What a place is called: its function, or "library.so+0x1234" where no
 * symbol is known, which is the same in every run.  The caller frees it.
 */
char *callsites_name(struct heapprof *p, uint32_t location);

/* Both sides' profiles have been resolved.  callsites_free must follow. */
struct callsites callsites_compare(
	const struct callsites_side *base, const struct callsites_side *other);

/* Gives the memory back. */
void callsites_free(struct callsites *sites);

/* A function in the tree of calls, widths and all. */
struct flame {
	char *function;                 /* the root's is "all" */
	double values[CALLSITES_SIDES]; /* INUSE_SPACE of all through it */
	double width;                   /* the greater of both, leaf by leaf */
	struct flame *children;         /* widest first, in one array */
	size_t nchildren;               /* of them */
	size_t children_cap;            /* room */
};

/*
 * Whether base and other differ by more than three standard deviations of what
 * Poisson sampling with this period (mean bytes between samples) makes of
 * equal heaps.
 */
bool callsites_is_distinct(double base, double other, double period);

/* Both profiles' stacks as one tree, outermost caller first. */
struct flame flame_build(struct heapprof *base, struct heapprof *other);

/* Gives the memory back. */
void flame_free(struct flame *root);

#endif
