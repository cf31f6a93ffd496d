/*
 * stacks: a profile's stacks, those with most memory first.
 */
#ifndef CMD_STACKS_H
#define CMD_STACKS_H

#include <stddef.h>
#include <stdio.h>

#include "cmd/heapprof.h"

/* Prints at most so many of them, from the call site outwards. */
void stacks_print(
	FILE *out, struct heapprof *p, enum heapprof_value value, size_t most);

#endif
