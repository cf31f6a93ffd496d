/*
 * cycle: one collection, start to finish.  See cycle.c.
 *
 * Context: the collector's thread.
 */
#ifndef GC_CYCLE_H
#define GC_CYCLE_H

/* Opens what cycles need, in this thread's files; and closes it. */
void cycle_open(void);
void cycle_close(void);

/* A collection and its sweep. */
void cycle_run(void);

/* In the child of fork: what was open is the parent's. */
void cycle_fork_child(void);

#endif
