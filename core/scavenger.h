/*
 * scavenger: gives free pages back to the OS.  See scavenger.c.
 */
#ifndef CORE_SCAVENGER_H
#define CORE_SCAVENGER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of pages in use and not purged.  Holds: mheap. */
size_t scavenger_inuse_bytes(void);

/* Gives back what exceeds the goal.  Holds: mheap, dropped meanwhile. */
void scavenger_release_excess_locked(void);

/* Gives back all free pages; how many bytes.  Holds: as above. */
size_t scavenger_release_all_locked(void);

/*
 * Starts the helper thread if there is work for one and this program has
 * threads of its own.  Takes mheap.
 */
void scavenger_wake(void);

/* Ends the helper and waits until its thread is gone. */
void scavenger_stop(void);

/* In the child of fork: there is no helper. */
void scavenger_fork_child(void);

#endif
