/*
 * dump: the files that a process writes by itself.  See dump.c.
 *
 * Context: any but a handler; the thread is busy.
 */
#ifndef PROF_DUMP_H
#define PROF_DUMP_H

#include <stdbool.h>

/* What a file is written for. */
enum dump_reason {
	DUMP_EXIT,     /* PREFIX.PID.exit */
	DUMP_PEAK,     /* PREFIX.PID.peak, replaced by the next */
	DUMP_INTERVAL, /* PREFIX.PID.i0001 and so on */
	DUMP_SIGNAL,   /* PREFIX.PID.s0001 and so on */
	DUMP_LEAKS,    /* PREFIX.PID.leaks */
};

/* Makes the option's path absolute: the program may change its directory. */
void dump_set_prefix(const char *path);

/* Whether there is a prefix, hence anything to write. */
bool dump_is_wanted(void);

/* Writes one file; 0 or an errno. */
int dump_write(enum dump_reason reason);

/* The same; says so if it cannot. */
void dump_write_or_say(enum dump_reason reason);

/* In the child of fork: numbers start again, the name has another PID. */
void dump_fork_child(void);

#endif
