/*
 * stopsignal: stopping one running thread.
 *
 * The signal is the one that libc keeps for setuid and its like in programs
 * with threads (33 on Linux).  libc hides it from the program: it is below
 * SIGRTMIN, no set contains it, no mask of the program's blocks it, sigaction
 * refuses it.  libc itself leaves it unblocked in every thread that it makes,
 * its own included, until the thread's very end.  What is not ours, told by
 * the value sent along, goes on to libc's handler.
 */
#ifndef SHIMS_STOPSIGNAL_H
#define SHIMS_STOPSIGNAL_H

#include <stdbool.h>

#include "shims/threads.h"

/* Makes the signal ours; again if libc has taken it back meanwhile. */
void stopsignal_install(void);

/* Asks the thread to stop.  false: there is no such thread any more. */
bool stopsignal_send(struct mutator *m, uint32_t stop);

/* From here to stopsignal_undefer the calling thread is not parked. */
void stopsignal_defer(struct mutator *self);
void stopsignal_undefer(struct mutator *self);

/* Stops the calling thread here, if there is a stop. */
void stopsignal_park_here(void);

#endif
