/*
 * local: changes to memory that only one thread writes, each done by one
 * instruction, so that a signal handler on that thread sees it whole: before
 * or after, never half.  No bus lock, so none of the cost of an atomic.
 *
 * Other threads may read such a word (load_relaxed, load_acquire); they must
 * not write it.  local_clear is a release: whoever sees the bits gone sees
 * what this thread did before.
 */
#ifndef CORE_LOCAL_H
#define CORE_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#include "core/local_x86_64.h"
#else
#include "core/local_generic.h"
#endif

#endif
