/*
 * tasks: the threads that the kernel knows, against those that we know.
 *
 * Context: the thread that stops the world; no libc.
 */
#ifndef SHIMS_TASKS_H
#define SHIMS_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mutator;

/*
 * Whether there are as many threads as we know of, the library's own and the
 * caller among them.  Cheap.
 */
bool tasks_all_known(uint32_t caller);

/*
 * Makes a record for every thread that has none; how many were made.
 * SIZE_MAX: it cannot be told, for want of /proc or memory.
 */
size_t tasks_find_unknown(uint32_t caller);

/*
 * Notes in the record which system call the thread waits in, if it does, for
 * shims/restart.c.
 */
void tasks_note_call(struct mutator *m);

/* Ends the records of threads that will never run again but still count. */
void tasks_end_zombies(void);

#endif
