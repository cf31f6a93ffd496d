/*
 * local: what the fast paths say in one instruction each, where the compiler
 * takes two: it does not compare with memory that it has to load atomically,
 * nor count zeros without a test for 0.
 *
 * What is compared may be stored by another thread at the same time; it is
 * read once, whole.
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
