/*
 * compare: one command under several allocators, side by side.
 *
 * This header holds what the phases of a comparison hand on: who takes part,
 * what each run gave, what follows from it.  cmd/compare.c reads as the table
 * of contents.
 */
#ifndef CMD_COMPARE_H
#define CMD_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/callsites.h"
#include "cmd/failif.h"
#include "cmd/ledger.h"
#include "cmd/machine.h"
#include "cmd/metrics.h"
#include "cmd/robust.h"
#include "cmd/sampler.h"

enum {
	COMPARE_MAX = 8,          /* contenders */
	COMPARE_NAME = 48,        /* bytes of a name */
	COMPARE_DIGEST = 65,      /* SHA-256 in hexadecimal, and its 0 */
	COMPARE_DEFAULT_RUNS = 5, /* of each contender */
};

/* What the user asked for. */
struct compare_options {
	size_t nruns;       /* timed runs of each contender */
	double idle;        /* seconds at the end of the observed run */
	double limit;       /* seconds until a run is killed */
	const char *folder; /* where the report goes; NULL: choose */
	const char *input;  /* stdin of every run */
	bool is_traced;     /* follow system calls in a further run */
	bool is_profiled;   /* sample the heap in a further run */
	const struct failif **conditions; /* --fail-if, any of them */
	size_t nconditions;               /* of them */
	size_t conditions_cap;            /* room */
};

/* The median of one figure, and how it differs from the base's. */
struct finding {
	struct robust_median median; /* of the contender's runs */
	struct robust_shift shift;   /* from the base to it */
};

/* The samples of one run. */
struct series {
	struct sample *samples; /* in order of time */
	size_t n;               /* of them */
};

/* An allocator with its settings, and all that is known of it. */
struct contender {
	char name[COMPARE_NAME]; /* as shown */
	char version[64];        /* of the allocator */
	char *library;           /* to preload; NULL: glibc's own malloc */
	char *settings;          /* NAME=VALUE each ended by 0, then a 0 */
	size_t settings_size;    /* bytes, with the last 0 */
	bool is_goalloc;         /* this project's library */

	struct metrics warmup;           /* of the run before all others */
	struct metrics runs[ROBUST_MAX]; /* timed, in order */
	size_t nruns;                    /* of them */
	struct metrics observed;         /* of the run with the probe */
	struct metrics traced;     /* of the run whose calls were followed */
	struct series series;      /* of the observed run */
	struct heapprof *peak;     /* heap at its peak; NULL: no profile */
	struct heapprof *exit;     /* at the end, for what it ever allocated */
	struct ledger ledger;      /* likewise */
	struct ledger_sizes sizes; /* likewise */

	int status;                  /* of the first run */
	bool is_same_status;         /* all runs had it */
	int other_status;            /* of a run that had another */
	const char *other_mode;      /* what that run was for */
	char digest[COMPARE_DIGEST]; /* of the first run's stdout */
	size_t ndigests;             /* different ones, at most 2 are told */

	struct finding findings[NMETRICS]; /* against contender 0 */
	struct callsites sites;            /* likewise */
};

/* Whether the contenders did the same. */
enum compare_outcome {
	OUTCOME_SAME,   /* outputs and exit statuses are equal */
	OUTCOME_VARIES, /* one contender's output differs from run to run */
	OUTCOME_OUTPUT, /* outputs are steady, but differ */
	OUTCOME_STATUS, /* exit statuses differ */
};

struct comparison {
	struct compare_options options;
	char **command;               /* NULL at its end */
	struct machine machine;       /* where this was */
	struct contender *contenders; /* the first is the base */
	size_t ncontenders;           /* of them */
	size_t nrounds_cut;           /* rounds left out to keep the estimate */
	double estimate;              /* seconds, as told at the start */
	double took;                  /* seconds, to the end */
	enum compare_outcome outcome; /* of all runs */
	char *folder;                 /* of the report */
	char *scratch;                /* of what is removed at the end */
};

/* Reads --with's list of allocators into the comparison. */
void compare_add_contenders(struct comparison *c, const char *list);

/* All runs, with progress on stderr.  Ends if one cannot be made. */
void compare_run_all(struct comparison *c);

/* Fills in the findings and the outcome. */
void compare_judge(struct comparison *c);

/* Whether a finding is more than chance; one run alone never is. */
bool finding_is_distinct(const struct finding *f);

/* Removes the scratch folder; may be called at any end. */
void compare_clean_up(void);

/* What is printed at the end; at most 40 lines of 80 columns. */
void report_text(const struct comparison *c);

/* Writes FOLDER/series.dat and series.gnuplot; false: as below. */
bool report_gnuplot(const struct comparison *c);

/* Writes FOLDER/report.json; false: it cannot be written. */
bool report_json(const struct comparison *c);

#endif
