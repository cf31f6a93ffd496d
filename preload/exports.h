/*
 * exports: what the library exports, as far as no system header declares it.
 *
 * Everything in the library is hidden unless its definition says EXPORT and
 * preload/exports.map lists it.
 */
#ifndef PRELOAD_EXPORTS_H
#define PRELOAD_EXPORTS_H

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

#include "core/compiler.h"

#define EXPORT __attribute__((visibility("default")))

/* Says why in errno: EINVAL or ENOMEM.  The result is always NULL. */
static inline void *fail(int error)
{
	errno = error;
	return NULL;
}

/* C23: free for a caller that knows the size, and the alignment, it asked. */
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t align, size_t size);

/* System V: free by another name. */
void cfree(void *p);

/* BSD: realloc that frees p when it fails. */
void *reallocf(void *p, size_t size);

/* Darwin: malloc_usable_size, and what it would be for a request. */
size_t malloc_size(const void *p);
size_t malloc_good_size(size_t size);

/* glibc's heap dumps for Emacs: gone there as well; they fail. */
void *malloc_get_state(void);
int malloc_set_state(void *state);

#endif
