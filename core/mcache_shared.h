/*
 * mcache_shared: the mcache of threads that have none.  See mcache_shared.c.
 */
#ifndef CORE_MCACHE_SHARED_H
#define CORE_MCACHE_SHARED_H

/* An object of the class, or NULL: no memory.  The thread is busy. */
void *mcache_alloc_shared(unsigned class);

/* In the child of fork: the threads that shared it are gone. */
void mcache_shared_reset(void);

#endif
