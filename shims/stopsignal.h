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

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "shims/threads.h"

enum { STOPSIGNAL = 33 /* SIGSETXID inside glibc */ };

/* Its bit in a mask of the kernel's. */
#define STOPSIGNAL_BIT (UINT64_C(1) << (STOPSIGNAL - 1))

/* A set that the program has filled by hand does not contain the signal. */
void stopsignal_unmask(sigset_t *set);

/* Makes the signal ours; again if libc has taken it back meanwhile. */
void stopsignal_install(void);

/* A thread has been created: libc takes the signal with the first one. */
void stopsignal_note_thread(void);

/* Asks the thread to stop.  false: there is no such thread any more. */
bool stopsignal_send(struct mutator *m, uint32_t stop);

/* From here to stopsignal_undefer the calling thread is not parked. */
void stopsignal_defer(struct mutator *self);
void stopsignal_undefer(struct mutator *self);

/* Stops the calling thread here, if there is a stop. */
void stopsignal_park_here(void);

#endif
