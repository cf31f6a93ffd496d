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

/*
 * Makes room under the limit for so many bytes that are in use from now on
 * and not resident yet.  Holds: mheap, dropped meanwhile.
 */
void scavenger_make_room_locked(size_t bytes);

/*
 * How much of the heap may be resident, SIZE_MAX: no limit; gives back what
 * exceeds it.  Takes mheap.
 */
void scavenger_set_limit(size_t bytes);

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
