/*
 * gcstats: the collections of this process, counted, and their last pauses.
 *
 * What Go's MemStats and debug.ReadGCStats tell.  A pause is all the time
 * that the world was stopped in one cycle.
 *
 * Locking:    none.  One writer, the thread that runs the cycles; readers
 *             try again when it wrote meanwhile.
 * Context:    any, for readers; a handler may have to wait for the writer.
 */
#ifndef GC_GCSTATS_H
#define GC_GCSTATS_H

#include <stdbool.h>
#include <stdint.h>

enum { GCSTATS_NPAUSES = 256 /* pauses that are remembered, as in Go */ };

/*
 * Times are in ns, ends in ns since 1970.  The pauses are a ring: cycle i,
 * from 1 on, is at (i + 255) % 256.
 */
struct gcstats {
	uint64_t num_gc;         /* cycles done */
	uint64_t num_forced;     /* of them, asked for by the program */
	uint64_t pause_total_ns; /* of all pauses ever */
	uint64_t last_gc;        /* end of the last cycle; 0: none */
	uint64_t gc_cpu_ns;      /* CPU time of all cycles, not idle */
	uint64_t elapsed_cpu_ns; /* processors * time, start to last cycle */
	uint64_t pause_ns[GCSTATS_NPAUSES];  /* ring */
	uint64_t pause_end[GCSTATS_NPAUSES]; /* ring */
};

/* A cycle that is over. */
struct gcstats_cycle {
	uint64_t pause_ns;       /* its pauses together */
	uint64_t end;            /* when it ended, ns since 1970 */
	uint64_t gc_cpu_ns;      /* CPU time of all cycles so far, not idle */
	uint64_t elapsed_cpu_ns; /* processors * time since the start */
	bool is_forced;          /* the program asked for it */
};

/* Forgets everything; also in the child of a fork.  One thread. */
void gcstats_init(void);

/* Counts a cycle.  Context: the thread that runs them. */
void gcstats_note(const struct gcstats_cycle *c);

/* A consistent copy. */
void gcstats_read(struct gcstats *out);

/* CPU share of the collector since the start, from 0 to 1. */
double gcstats_cpu_fraction(const struct gcstats *s);

/* How many pauses the ring holds. */
unsigned gcstats_count_pauses(const struct gcstats *s);

/* The pause before n later ones, from 0 on; and when it ended. */
uint64_t gcstats_pause_ns(const struct gcstats *s, unsigned n);
uint64_t gcstats_pause_end(const struct gcstats *s, unsigned n);

/*
 * The remembered pauses' quantiles: out[0] is the least, out[n - 1] the
 * greatest, those between at equal shares, as ReadGCStats gives them.  All 0
 * without a pause.
 */
void gcstats_quantiles(const struct gcstats *s, uint64_t *out, unsigned n);

#endif
