/*
 * snapshot: the figures of a process at one time, as stat and top show them.
 *
 * The page heap's counters are those of one moment.  Live objects are counted
 * by walking the spans while the program runs: each span was so at some
 * moment of the walk.
 */
#ifndef CMD_SNAPSHOT_H
#define CMD_SNAPSHOT_H

#include <stdint.h>
#include <stdio.h>

#include "cmd/target.h"

enum { SNAPSHOT_NCLASSES = 256 /* more than any library has */ };

/*
 * X(name, kind, help): every figure, in order of output.  bytes and count
 * rise and fall, total and total_bytes only rise.
 */
#define FOR_EACH_FIGURE(X)                                                     \
	X(heap_alloc, bytes, "live objects, rounded to their classes")         \
	X(heap_objects, count, "live objects")                                 \
	X(heap_deferred, bytes, "freed, waiting for a thread or a collection") \
	X(heap_free_slots, bytes, "free slots and tails of spans in use")      \
	X(heap_inuse, bytes, "pages of spans")                                 \
	X(heap_idle, bytes, "pages that hold no object")                       \
	X(heap_released, bytes, "of idle pages: given back to the kernel")     \
	X(heap_sys, bytes, "pages known to the heap, inuse and idle")          \
	X(heap_reserved, bytes, "address space reserved for the heap")         \
	X(large_bytes, bytes, "in large objects")                              \
	X(large_objects, count, "large objects")                               \
	X(spans, count, "spans in use")                                        \
	X(threads, count, "threads that have allocated and not ended")         \
	X(metadata_inuse, bytes, "span and thread cache structures in use")    \
	X(metadata_sys, bytes, "memory for them and for page tables")          \
	X(mallocs, total, "objects allocated")                                 \
	X(frees, total, "objects freed")                                       \
	X(alloc, total_bytes, "bytes allocated, rounded to classes")           \
	X(released, total_bytes, "bytes given back to the kernel")             \
	X(gc_enabled, count, "1 while a collector is asked for")               \
	X(gc_phase, count, "0 off, 1 sweep, 2 mark, 3 stopped")                \
	X(gc_cycles, total, "collections done")                                \
	X(gc_forced, total, "of them asked for")                               \
	X(gc_marked, bytes, "found live by the last collection")               \
	X(gc_goal, bytes, "heap size that the collector stays below")          \
	X(gc_pause_ns, total, "all pauses together, in ns")                    \
	X(gc_last_pause_ns, count, "the latest pause, in ns")                  \
	X(gc_cpu_ppm, count, "millionths of the CPU time since the start")     \
	X(process_rss, bytes, "resident memory of the process")                \
	X(process_peak_rss, bytes, "the most it ever was")                     \
	X(process_anon, bytes, "of it, anonymous")                             \
	X(process_swap, bytes, "swapped out")                                  \
	X(process_lazyfree, bytes, "resident, but the kernel may take it")     \
	X(process_cpu_ms, total, "CPU time of all threads, in ms")

/* One size class. */
struct snapshot_class {
	uint64_t size;    /* bytes of an object; 0: large objects */
	uint64_t live;    /* live objects */
	uint64_t mallocs; /* ever handed out */
	uint64_t nspans;  /* spans */
	uint64_t bytes;   /* in their pages */
};

/* All of it. */
struct snapshot {
#define FIGURE_FIELD(name, kind, help) uint64_t name;
	FOR_EACH_FIGURE(FIGURE_FIELD)
#undef FIGURE_FIELD
	uint64_t time_ns; /* CLOCK_MONOTONIC, when it was taken */
	char name[64];    /* the program's, as in /proc/PID/comm */
	unsigned nclasses;
	struct snapshot_class classes[SNAPSHOT_NCLASSES];
};

/* Takes one.  false: the process has gone. */
bool snapshot_take(struct snapshot *s, struct target *t);

#endif
