/*
 * gcpage: what the collector publishes of itself for other processes
 * (core/statspage.h).  See gcpage.c.
 */
#ifndef GC_GCPAGE_H
#define GC_GCPAGE_H

#include <stdint.h>

#include "core/statspage.h"

struct pacer;

/* A cycle has come to this phase.  Takes collector.  Context: worker. */
void gcpage_set_phase(enum statspage_phase phase);

/* The pacer has a new goal, settings or marked heap.  Holds: collector. */
void gcpage_set_pacer_locked(const struct pacer *p, uint64_t goal);

#endif
