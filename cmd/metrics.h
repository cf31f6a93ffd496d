/*
 * metrics: what is measured of a run, as one table.
 *
 * A row names the figure three times: as a key (JSON, --fail-if), as a
 * heading, and by its unit.  Whatever prints, judges or stores figures walks
 * this table.
 */
#ifndef CMD_METRICS_H
#define CMD_METRICS_H

#include <stdbool.h>
#include <stddef.h>

enum metric_unit {
	UNIT_SECONDS,
	UNIT_BYTES,
	UNIT_COUNT,
	UNIT_SHARE, /* 0 to 1 */
};

/* Which runs yield the figure: see compare_schedule.c. */
enum metric_source {
	FROM_TIMED,    /* every timed run */
	FROM_OBSERVED, /* the run beside which the probe looks */
	FROM_TRACED,   /* the run whose system calls are followed */
};

/* X(key, heading, unit, source): less is better in every row. */
#define FOR_EACH_METRIC(X)                                                     \
	X(wall, "wall time", UNIT_SECONDS, FROM_TIMED)                         \
	X(cpu, "CPU, user + system", UNIT_SECONDS, FROM_TIMED)                 \
	X(user, "  user", UNIT_SECONDS, FROM_TIMED)                            \
	X(sys, "  system", UNIT_SECONDS, FROM_TIMED)                           \
	X(rss, "peak RSS", UNIT_BYTES, FROM_TIMED)                             \
	X(mean_rss, "mean RSS", UNIT_BYTES, FROM_TIMED)                        \
	X(mean_firm, "mean RSS - LazyFree", UNIT_BYTES, FROM_TIMED)            \
	X(pss, "peak PSS", UNIT_BYTES, FROM_TIMED)                             \
	X(idle_rss, "RSS when idle at the end", UNIT_BYTES, FROM_OBSERVED)     \
	X(live, "peak live bytes", UNIT_BYTES, FROM_OBSERVED)                  \
	X(waste, "peak waste inside the heap", UNIT_BYTES, FROM_OBSERVED)      \
	X(minflt, "minor faults", UNIT_COUNT, FROM_TIMED)                      \
	X(majflt, "major faults", UNIT_COUNT, FROM_TIMED)                      \
	X(switches, "context switches", UNIT_COUNT, FROM_TIMED)                \
	X(vmas, "mappings (VMAs)", UNIT_COUNT, FROM_OBSERVED)                  \
	X(huge, "AnonHugePages", UNIT_BYTES, FROM_TIMED)                       \
	X(nmmap, "mmap calls", UNIT_COUNT, FROM_TRACED)                        \
	X(nmunmap, "munmap calls", UNIT_COUNT, FROM_TRACED)                    \
	X(nmadvise, "madvise calls", UNIT_COUNT, FROM_TRACED)                  \
	X(nbrk, "brk calls", UNIT_COUNT, FROM_TRACED)                          \
	X(call_time, "time in these calls", UNIT_SECONDS, FROM_TRACED)         \
	X(gc_share, "GC share of the CPU", UNIT_SHARE, FROM_OBSERVED)          \
	X(gc_pause, "GC pauses, all", UNIT_SECONDS, FROM_OBSERVED)

#define METRIC_ID(key, heading, unit, source) METRIC_##key,
enum metric { FOR_EACH_METRIC(METRIC_ID) NMETRICS };
#undef METRIC_ID

struct metric_row {
	const char *key;       /* in report.json and --fail-if */
	const char *heading;   /* two leading spaces: part of the row above */
	enum metric_unit unit; /* of the value */
	enum metric_source source; /* which runs have it */
};

extern const struct metric_row metric_table[NMETRICS];

/* The row with that key, or NMETRICS. */
enum metric metric_find(const char *key, size_t length);

/* The figures of one run; NAN where the run has none. */
struct metrics {
	double value[NMETRICS]; /* seconds, bytes, counts, shares */
};

/* Every figure is NAN. */
void metrics_clear(struct metrics *f);

/* Writes value with its unit, "1.24 s" or "132.5 MiB"; NAN: "-". */
char *metric_format(char *out, size_t size, enum metric_unit unit, double v);

/* As metric_format for a difference: it has a sign. */
char *metric_format_signed(
	char *out, size_t size, enum metric_unit unit, double v);

#endif
