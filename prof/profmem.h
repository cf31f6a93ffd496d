/*
 * profmem: memory for the profile's tables, outside the heap.
 *
 * Holds: prof, for every function but profmem_bytes.
 */
#ifndef PROF_PROFMEM_H
#define PROF_PROFMEM_H

#include <stddef.h>

/* A lasting piece of zeroed memory, aligned to 16; NULL: no memory. */
void *profmem_take(size_t size);

/* A table of its own, zeroed, that can be given back; NULL: no memory. */
void *profmem_map(size_t size);

/* Gives back what profmem_map returned. */
void profmem_unmap(void *table, size_t size);

/* Bytes obtained from the OS for all of them. */
size_t profmem_bytes(void);

#endif
