/*
 * background: the collector's thread keeps to its share of the processors.
 * See background.c.
 *
 * Context: the collector's thread, but for what says so.
 */
#ifndef GC_BACKGROUND_H
#define GC_BACKGROUND_H

#include <stdbool.h>

struct marker;

/* The thread begins, with files of its own; and ends. */
void background_open(void);
void background_close(void);

/* Nothing was used.  Context: early, and in the child of fork. */
void background_init(unsigned nprocs);

/* A cycle begins: not at once, where the last one took too much. */
void background_begin_cycle(void);

/* Between two slices of marking: passes on what is new, sleeps if it must. */
void background_mark_slice(struct marker *m);

/* Between two slices of sweeping. */
void background_sweep_slice(void);

/* Counts what the thread has used until now. */
void background_count(void);

#endif
