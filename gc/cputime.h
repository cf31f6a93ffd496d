/*
 * cputime: what the collector takes of the processors, and whether that is
 * more than its half.  See cputime.c.
 *
 * Context: any, but for what says so.
 */
#ifndef GC_CPUTIME_H
#define GC_CPUTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"
#include "gc/cpulimit.h"

/* CPU time of the collector since the start of the process; ns. */
struct cputime_use {
	uint64_t background; /* its thread, on processors others wanted too */
	uint64_t idle;       /* its thread, on processors nobody wanted */
	uint64_t assist;     /* allocating threads that mark or sweep */
	uint64_t waited;     /* no CPU time: they waited for the collector */
};

struct cputime {
	/* Shared (atomic) */
	struct cputime_use use; /* so far */
	bool is_limiting;       /* no assists: see gc/cpulimit.h */
	uint32_t is_noting;     /* somebody is in cputime_note */

	/* Guarded by is_noting. */
	struct cpulimit limit;    /* the bucket */
	struct cputime_use noted; /* use at the last note */
	uint64_t process_ns;      /* the process's, likewise */
	bool is_stopped;          /* the world, since the last note */
};

extern struct cputime cputime HIDDEN;

/* Nothing was used.  Context: early, and in the child of fork. */
void cputime_init(unsigned nprocs);

/* So much was used. */
void cputime_add_background(uint64_t ns, bool is_idle);
void cputime_add_assist(uint64_t ns);
void cputime_add_waited(uint64_t ns);

/* Lets the bucket know, if that is due. */
void cputime_note(void);

/* The world stops now, and runs again.  Context: the collector's thread. */
void cputime_stops(void);
void cputime_starts(void);

/* What was used so far. */
struct cputime_use cputime_read(void);

/* Whether assists are to be left out. */
static inline bool cputime_is_limiting(void)
{
	return load_relaxed(&cputime.is_limiting);
}

#endif
