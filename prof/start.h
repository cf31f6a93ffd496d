/*
 * start: the profiler as a whole, for the libraries that have one.
 *
 * Context: early, exit; the thread is busy, but in prof_is_wanted.
 */
#ifndef PROF_START_H
#define PROF_START_H

#include <stdbool.h>

struct stack_unwinder;

/* Whether the options ask for samples. */
bool prof_is_wanted(void);

/*
 * Samples are taken from now on, as the options say; the helper is started.
 */
void prof_begin(const struct stack_unwinder *unwinder);

/* The program ends: writes what is to be written then. */
void prof_end(void);

/* In the child of fork: files of its own, and a helper of its own. */
void prof_begin_child(void);

#endif
