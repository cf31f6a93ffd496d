/*
 * early: memory for a call that must not wait and may not touch the heap:
 * malloc in a signal handler that interrupted a slow path of malloc.
 *
 * A bump allocator without locks.  Such calls are rare, so what is freed is
 * marked and not used again.
 *
 * Context: any, handler included.
 */
#ifndef CORE_EARLY_H
#define CORE_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory at a multiple of align (a power of two); NULL: none. */
void *early_alloc(size_t size, size_t align);

/* Whether p points into early memory. */
bool early_owns(uintptr_t p);

/* The size of the live object at p, or 0 if none starts there. */
size_t early_size(uintptr_t p);

/* Marks p as freed; false if no live object starts there. */
bool early_free(uintptr_t p);

/* The part in use of the first area, which is the library's own data. */
void early_static(uintptr_t *lo, uintptr_t *hi);

/* Bytes of early memory in use for good. */
size_t early_bytes(void);

#endif
