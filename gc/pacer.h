/*
 * pacer: when a collection starts and who pays for it; Go's rules.
 *
 *   heap_marked ---- trigger ---- goal             bytes of heap, growing
 *        |  the program  |  marking  |
 *        |  allocates    |  beside   |
 *
 * GOGC and GOMEMLIMIT give the goal: how large the heap may be when marking
 * ends.  The trigger lies before it by the runway, the bytes that the program
 * is likely to allocate while a quarter of the processors mark.  Where that
 * was too little, assists slow the program so that the goal holds.
 *
 * Numbers in, numbers out: no clock, no OS, no shared state.  Bytes of heap
 * are of whole objects; "live" is what the last cycle marked and all that was
 * allocated since, freed or not.
 *
 * Locking:    none inside.  Who runs the cycle owns the struct; others read
 *             copies of what the functions return.
 * Context:    any.
 */
#ifndef GC_PACER_H
#define GC_PACER_H

#include <stdbool.h>
#include <stdint.h>

/* The share of the processors that marks in the background. */
#define PACER_UTILIZATION 0.25

enum {
	PACER_NMEASURED = 4,       /* earlier cycles that count */
	PACER_HEAP_MIN = 4 << 20,  /* bytes; the least goal at GOGC=100 */
	PACER_SWEEP_MIN = 1 << 20, /* bytes to allocate while sweeping, least */
	PACER_RUNWAY_MIN = 64 << 10, /* bytes from trigger to goal, at least */
	PACER_ASSIST_MIN = 64 << 10, /* bytes; an assist scans ahead this far */
};

/* Of memory in use, what the limit is compared with; bytes. */
struct pacer_memory {
	uint64_t mapped;     /* all that the process could have resident */
	uint64_t heap_free;  /* of it, free pages of the heap */
	uint64_t heap_alloc; /* of it, objects */
};

/* What was scanned, or is to be; bytes. */
struct pacer_scan {
	uint64_t heap;    /* in objects */
	uint64_t stacks;  /* in stacks, registers and TLS of threads */
	uint64_t globals; /* in all other roots */
};

struct pacer {
	/* Chosen by the user. */
	int64_t gc_percent;   /* GOGC; negative: only the limit starts one */
	int64_t memory_limit; /* GOMEMLIMIT in bytes; INT64_MAX: none */

	/* Known from the last cycle. */
	uint64_t heap_marked;        /* bytes it left */
	struct pacer_scan last_scan; /* what it scanned */
	uint64_t last_goal;          /* bytes it aimed at */
	uint64_t sweep_trigger;      /* no trigger below; 0: all is swept */
	double cons_mark; /* bytes allocated per byte scanned in equal CPU
			     time; the most of the last cycles */
	double measured[PACER_NMEASURED]; /* cons_mark of each, oldest first */

	/* Known from the cycle that runs. */
	uint64_t triggered; /* live bytes at its start; PACER_NO_CYCLE */
};

#define PACER_NO_CYCLE UINT64_MAX

/* A goal and the size at which to start; bytes of live heap. */
struct pacer_goal {
	uint64_t goal;    /* marking should end before */
	uint64_t trigger; /* and begin here */
	bool is_limited;  /* the memory limit set them, and leaves some room */
};

/* Who marks in the background. */
struct pacer_workers {
	unsigned dedicated; /* processors that do nothing else */
	double fractional;  /* share of each processor's time on top */
};

/* How far the cycle that runs has come; bytes. */
struct pacer_progress {
	uint64_t heap_live; /* now */
	uint64_t scanned;   /* of all kinds */
	uint64_t scan_max;  /* if all that is live is reachable */
};

/* The price of allocating while marking runs. */
struct pacer_assist {
	double work_per_byte;  /* bytes to scan for a byte to allocate */
	double bytes_per_work; /* the inverse */
};

/* One assist: what to scan, and what is paid for with it; bytes. */
struct pacer_debt {
	int64_t work;  /* to scan */
	int64_t bytes; /* that may be allocated for it */
};

/* A cycle at its end. */
struct pacer_cycle {
	uint64_t heap_live;     /* bytes when marking ended */
	uint64_t heap_marked;   /* bytes found reachable, new ones included */
	struct pacer_scan scan; /* bytes scanned */
	uint64_t goal;          /* pacer_goal's, at the end */
	uint64_t duration_ns;   /* of marking */
	uint64_t assist_ns;     /* CPU time of assists */
	uint64_t idle_ns;       /* CPU time of marking on idle processors */
	unsigned nprocs;        /* processors */
};

/* What came of it; for the trace. */
struct pacer_outcome {
	double utilization;     /* share of the CPUs that marked, not idle */
	uint64_t scan_expected; /* bytes; as much as the cycle before */
	uint64_t triggered;     /* live bytes at its start */
	double cons_mark;       /* that the trigger was computed with */
};

/* No cycle yet, nothing marked. */
void pacer_init(struct pacer *p, int64_t gc_percent, int64_t memory_limit);

/*
 * The goal and the trigger as of now.  They follow m where the memory limit
 * binds, else they change with pacer_commit, pacer_start_cycle and the user's
 * choices only.
 */
struct pacer_goal pacer_goal(
	const struct pacer *p, const struct pacer_memory *m);

/* A cycle begins with so many live bytes. */
void pacer_start_cycle(struct pacer *p, uint64_t heap_live);

/* Who marks on so many processors; all, if the world is stopped meanwhile. */
struct pacer_workers pacer_workers(unsigned nprocs, bool is_stopped);

/*
 * The price now, in a cycle that runs.  It changes with every allocation and
 * every byte scanned; stale ones do no harm.
 */
struct pacer_assist pacer_revise(const struct pacer *p, uint64_t goal,
	const struct pacer_progress *progress);

/* What to scan for a debt of so many bytes. */
struct pacer_debt pacer_debt(const struct pacer_assist *a, int64_t bytes);

/* Marking is over: learns from it.  Then live is what was marked. */
struct pacer_outcome pacer_end_cycle(
	struct pacer *p, const struct pacer_cycle *c);

/*
 * Sets what pacer_goal tells from now on.  After each cycle, and again when
 * the sweep is done or the user chose otherwise.
 */
void pacer_commit(struct pacer *p, uint64_t heap_live, bool is_swept);

/*
 * Pages to sweep per byte allocated, so that the sweep is done at the
 * trigger.
 */
double pacer_sweep_ratio(
	uint64_t heap_live, uint64_t trigger, uint64_t npages_unswept);

#endif
