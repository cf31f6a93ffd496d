/*
 * ask: what the allocator beside the probe says of itself.
 */
#ifndef CMD_PROBE_ASK_H
#define CMD_PROBE_ASK_H

#include "cmd/probe/page.h"

/* Finds out which allocator it is.  Once; may allocate. */
void probe_ask_prepare(void);

/* Fills in *heap; allocates nothing. */
void probe_ask_allocator(struct probe_heap *heap);

#endif
