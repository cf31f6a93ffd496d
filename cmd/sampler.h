/*
 * sampler: one process that starts the commands and watches them.
 *
 * It is forked while the command line tool is still small, because the
 * kernel begins a command's peak RSS with that of whoever started it.  It is
 * the reaper of its whole tree: a daemon that a command leaves behind is
 * still watched, and ended with the run.
 */
#ifndef CMD_SAMPLER_H
#define CMD_SAMPLER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/ledger.h"
#include "cmd/metrics.h"

enum {
	SAMPLER_ENV = 8192,      /* bytes of settings */
	SAMPLER_SAMPLES = 4096,  /* at most so many a run */
	SAMPLER_PROCESSES = 256, /* of a tree, watched at once */
};

enum sampler_mode {
	SAMPLER_TIMED,    /* as little as possible beside the command */
	SAMPLER_OBSERVED, /* a probe in the command; series and ledger */
	SAMPLER_PROFILED, /* something in the command samples its heap */
	SAMPLER_TRACED,   /* system calls are followed */
};

/* One run. */
struct sampler_request {
	enum sampler_mode mode; /* what the run is for */
	double limit;           /* seconds until it is killed */
	double idle;            /* seconds to watch it idle at its end */
	uint64_t expected_peak; /* RSS of an earlier run, bytes; 0: unknown */
	char preload[SAMPLER_ENV]; /* LD_PRELOAD; empty: none */
	char must_map[PATH_MAX];   /* a process must show this file; or empty */
	bool is_own_malloc;    /* look whether the program brings a malloc */
	char env[SAMPLER_ENV]; /* NAME=VALUE, each ended by 0; then a 0 */
	char input[PATH_MAX];  /* stdin */
	char output[PATH_MAX]; /* stdout goes there */
	char errors[PATH_MAX]; /* stderr goes there */
	char folder[PATH_MAX]; /* of the probe's pages and the series */
};

/* One look at the tree. */
struct sample {
	double t;         /* seconds since the start */
	double rss;       /* bytes, as are all to swap */
	double lazyfree;  /* of rss */
	double pss;       /* proportional */
	double huge;      /* of rss, anonymous huge pages */
	double swap;      /* swapped out */
	double requested; /* live, as asked for; NAN: no probe */
	double rounded;   /* live, usable */
	double counted;   /* live as the allocator counts, what waits too */
	double held;      /* spans, chunks: what holds live objects */
	double committed; /* what the allocator keeps resident */
	double goal;      /* of the collector, NAN: none */
	double ncycles;   /* collections so far */
	bool is_idle;     /* after the command's own end */
};

enum sampler_end {
	SAMPLER_ENDED,     /* the command exited or was killed by a signal */
	SAMPLER_TIMED_OUT, /* it took longer than limit */
	SAMPLER_NO_START,  /* it could not be started: error says why */
	SAMPLER_NO_EFFECT, /* no process had must_map mapped */
};

/* What the run was like. */
struct sampler_result {
	enum sampler_end end;      /* how it went */
	int status;                /* exit status, or 128 + the signal */
	int error;                 /* errno of SAMPLER_NO_START */
	struct metrics metrics;    /* what was measured */
	size_t nsamples;           /* written to folder/series */
	size_t nprocesses;         /* in the tree, at most */
	char own_malloc[64];       /* the program brings it; empty: none seen */
	struct ledger ledger;      /* at the highest RSS that was met */
	struct ledger_sizes sizes; /* requests by size */
};

struct sampler {
	int socket; /* to the process */
	int pid;    /* the process */
};

/* Forks the sampler for this command. */
void sampler_start(struct sampler *s, char **command);

/* Starts a run; sampler_finish must follow. */
void sampler_begin(struct sampler *s, const struct sampler_request *request);

/* Waits for the run's end; false: wait_ms have gone by. */
bool sampler_try_finish(
	struct sampler *s, struct sampler_result *result, int wait_ms);

/* Ends the process, and a run that is still going on. */
void sampler_stop(struct sampler *s);

#endif
