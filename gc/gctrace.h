/*
 * gctrace: what a collection says of itself, in Go's words.
 *
 * GODEBUG=gctrace=1 prints a line per cycle, gcpacertrace=1 one when marking
 * starts and one when it ends.  They are Go's to the byte, without a prefix,
 * so that what reads Go's traces reads these.
 *
 * Context: any; a line is one write(2) and nothing is allocated.
 */
#ifndef GC_GCTRACE_H
#define GC_GCTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/pacer.h"

enum {
	GCTRACE_LINE_MAX = 400,  /* bytes; more than any line has */
	GCTRACE_MS_SIZE = 24,    /* bytes of gctrace_format_ms, with its 0 */
	GCTRACE_FLOAT_SIZE = 16, /* bytes of gctrace_format_float, likewise */
};

/* A cycle that is over.  Times are in ns, sizes in bytes. */
struct gctrace_cycle {
	uint32_t number;        /* from 1 on */
	uint64_t start_ns;      /* when it began, since the process did */
	unsigned percent;       /* gctrace_percent of the process so far */
	uint64_t stop_start_ns; /* clock: stopped when marking began */
	uint64_t mark_ns;       /* clock: marking beside the program */
	uint64_t stop_end_ns;   /* clock: stopped when marking ended */
	uint64_t assist_ns;     /* CPU: marking by allocating threads */
	uint64_t background_ns; /* CPU: by dedicated and fractional workers */
	uint64_t idle_ns;       /* CPU: by workers nobody else had use for */
	uint64_t heap_start;    /* live when marking began */
	uint64_t heap_end;      /* and when it ended */
	uint64_t heap_marked;   /* of that, reachable */
	uint64_t goal;          /* that this cycle had */
	uint64_t stacks;        /* scanned in stacks */
	uint64_t globals;       /* and in other roots */
	unsigned nprocs;        /* processors */
	bool is_forced;         /* the program asked for it */
};

/* The pacer's plan for a cycle. */
struct gctrace_plan {
	double work_per_byte;         /* pacer_revise's first */
	uint64_t heap_scan;           /* bytes that may be scanned */
	uint64_t heap_live;           /* bytes now */
	uint64_t goal;                /* bytes */
	struct pacer_workers workers; /* who marks */
};

/*
 * CPU time of the collector, idle workers' excluded, in per cent of all that
 * the processors had since the start.
 */
unsigned gctrace_percent(
	uint64_t gc_cpu_ns, uint64_t elapsed_ns, unsigned nprocs);

/*
 * A time in ms as Go rounds it: whole from 10 ms on, else two digits and at
 * most three decimals.  Returns the length.
 */
size_t gctrace_format_ms(char buf[GCTRACE_MS_SIZE], uint64_t ns);

/* A number as Go's runtime prints it, "+1.234567e-003"; the length. */
size_t gctrace_format_float(char buf[GCTRACE_FLOAT_SIZE], double x);

/* The line of a cycle, with its newline; returns its length. */
size_t gctrace_format_cycle(
	char buf[GCTRACE_LINE_MAX], const struct gctrace_cycle *c);

/* The pacer's line when marking starts, likewise. */
size_t gctrace_format_plan(
	char buf[GCTRACE_LINE_MAX], const struct gctrace_plan *plan);

/* The pacer's line when marking ends, likewise. */
size_t gctrace_format_outcome(char buf[GCTRACE_LINE_MAX],
	const struct pacer_outcome *o, const struct pacer_cycle *c);

/* The same three, to standard error if the option is set. */
void gctrace_print_cycle(const struct gctrace_cycle *c);
void gctrace_print_plan(const struct gctrace_plan *plan);
void gctrace_print_outcome(
	const struct pacer_outcome *o, const struct pacer_cycle *c);

#endif
