/*
 * ledger: where a process's resident memory goes, row by row.
 *
 * The allocator's side comes from its own figures, the kernel's from smaps
 * and pagemap; both are taken while the program waits between two calls.
 * What the two do not agree on is a row of its own, never spread over others.
 */
#ifndef CMD_LEDGER_H
#define CMD_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cmd/probe/page.h"

/* X(name, heading): in bytes; they add up to rss, but for the last. */
#define FOR_EACH_LEDGER_ROW(X)                                                 \
	X(requested, "live, as requested")                                     \
	X(rounding, "rounding and headers")                                    \
	X(caches, "thread caches")                                             \
	X(quarantine, "freed, not yet reusable")                               \
	X(slots, "free between live objects")                                  \
	X(kept, "free, not given back")                                        \
	X(heap, "free, or its tables")                                         \
	X(metadata, "allocator's own tables")                                  \
	X(untouched, "of these never touched")                                 \
	X(code, "program files, libraries")                                    \
	X(stacks, "stacks")                                                    \
	X(other, "the program's own mappings")                                 \
	X(unexplained, "not explained")

#define LEDGER_ID(name, heading) LEDGER_##name,
enum ledger_row { FOR_EACH_LEDGER_ROW(LEDGER_ID) LEDGER_NROWS };
#undef LEDGER_ID

struct ledger_heading {
	const char *key;     /* in report.json */
	const char *heading; /* for people */
};

extern const struct ledger_heading ledger_table[LEDGER_NROWS];

enum { LEDGER_CLASSES = 128 };

/* Free bytes between the live objects of a size class. */
struct ledger_class {
	double size; /* bytes of an object */
	double free; /* bytes in its spans that hold none */
};

struct ledger {
	bool is_known;            /* there was an answer */
	int pid;                  /* of this process */
	uint64_t allocator;       /* enum probe_allocator */
	double t;                 /* seconds after the start */
	double rss;               /* bytes */
	double row[LEDGER_NROWS]; /* bytes; untouched is negative */
	size_t nclasses;          /* known; only goalloc tells */
	struct ledger_class classes[LEDGER_CLASSES]; /* by size */
};

/* Counters of the whole run, by bucket of requested size. */
struct ledger_sizes {
	uint64_t nrequests[PROBE_NBUCKETS]; /* calls */
	uint64_t requested[PROBE_NBUCKETS]; /* bytes asked for */
	uint64_t usable[PROBE_NBUCKETS];    /* bytes given */
};

/* Live objects, from the counters alone. */
struct ledger_live {
	double nobjects;  /* live objects */
	double requested; /* bytes asked for; by class, hence nearly exact */
	double rounded;   /* bytes usable; exact */
};

/* Adds up the counters of a page. */
struct ledger_live ledger_live_of(const struct probe_page *page);

/* sizes += the requests that the page counted. */
void ledger_add_sizes(
	struct ledger_sizes *sizes, const struct probe_page *page);

/*
 * Takes the ledger of pid, whose answer is in page.  false: the process
 * cannot be read any more, *out is unchanged.
 */
bool ledger_take(struct ledger *out, pid_t pid, const struct probe_page *page);

/* Share of rss that the rows leave open, 0 to 1. */
double ledger_gap(const struct ledger *ledger);

#endif
