/*
 * filter: filters of system calls that the program puts on itself.
 * See filter.c.
 */
#ifndef SHIMS_FILTER_H
#define SHIMS_FILTER_H

#include <stdbool.h>

/*
 * Calls `coming` before each filter that the process puts on itself.  true:
 * there will be no stop again, and no more is kept of threads.  Once.
 */
void filter_watch(bool (*coming)(void));

/* A call of syscall(2) or prctl(2) with these arguments is about to be made. */
void filter_note_call(long number, const long *arguments);

#endif
