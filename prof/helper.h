/*
 * helper: the thread that writes profiles while the program runs.  See
 * helper.c.
 */
#ifndef PROF_HELPER_H
#define PROF_HELPER_H

#include <stdbool.h>

/* Starts it, if it does not run and options ask for what it does. */
void helper_start(void);

/* A signal asks for a profile.  Context: any, handler included. */
void helper_note_signal(void);

/* No more files: waits for one that is being written, for a second. */
void helper_close(void);

/*
 * Ends it and waits for its end, for a second, for a program that must have
 * one thread; it does not start again.
 */
void helper_stop(void);

/* In the child of fork: it is not here; the next sample starts another. */
void helper_fork_child(void);

#endif
