/*
 * watch: the probes inside the processes of a run, seen from the sampler.
 *
 * Every process that the probe is loaded in has a page (probe/page.h).  The
 * one with the most memory is asked for its allocator's figures, and for a
 * moment of rest in which the ledger is taken, whenever it has grown.
 */
#ifndef CMD_WATCH_H
#define CMD_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cmd/sampler.h"

enum { WATCH_PAGES = 64 /* processes of a run that are watched */ };

/* One process with a probe. */
struct watch_page {
	pid_t pid;               /* whose page it is */
	uint64_t inode;          /* of its file: an exec begins a new one */
	struct probe_page *page; /* mapped */
	struct probe_heap heap;  /* its latest answer; allocator 0: none */
	uint64_t rss;            /* at the last look, bytes; 0: it is gone */
	uint32_t question;       /* number of the latest */
	bool was_great;          /* it had a good part of the expected peak */
	bool is_answered;        /* that one has been */
	double answered_at;      /* the latest answer, seconds; 0: none */
};

struct watch {
	const struct sampler_request *request;
	struct watch_page pages[WATCH_PAGES];
	size_t npages;           /* in use */
	struct watch_page *main; /* the one with the most memory; or NULL */
	struct ledger ledger;    /* at the highest RSS met so far */
	double tried_rss;  /* at the last look that asked for one, bytes */
	double start;      /* of the run, seconds */
	bool has_idled;    /* one process has been watched idle */
	double idle_since; /* the program waits at its end; 0: not */
	double peak_live;  /* rounded, whole tree, bytes */
	double peak_waste; /* held or kept beyond what was asked for */
};

/* Forgets all pages of an earlier run. */
void watch_begin(struct watch *w, const struct sampler_request *request);

/* A look begins: a process that it does not find has gone. */
void watch_begin_look(struct watch *w);

/* A process of the tree and its RSS; finds its page.  Once a look. */
void watch_look(struct watch *w, pid_t pid, uint64_t rss);

/* Asks the greatest process.  After all processes of a look. */
void watch_ask(struct watch *w);

/* Waits for an answer, at most so many seconds, and deals with it. */
void watch_wait(struct watch *w, double seconds);

/* Fills in what the probes know. */
void watch_fill_sample(struct watch *w, struct sample *s);

/* Whether the program only waits to be let go. */
bool watch_is_idle(const struct watch *w);

/* Lets go of all pages; the run's ledger, sizes and peaks to *result. */
void watch_end(struct watch *w, struct sampler_result *result);

#endif
