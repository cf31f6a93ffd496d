/*
 * leaks: the samples that a program has lost.  See leaks.c.
 */
#ifndef PROF_LEAKS_H
#define PROF_LEAKS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Asks of every live sample whether it is lost, and counts those that are in
 * their buckets, for PROFILE_LOST.  Takes prof.  Context: busy threads, and a
 * collector's while the world is stopped.
 */
void leaks_count(bool (*is_lost)(uintptr_t addr));

#endif
