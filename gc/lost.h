/*
 * lost: a look at what a mark has not reached, before anything is swept.
 */
#ifndef GC_LOST_H
#define GC_LOST_H

#include <stdbool.h>
#include <stdint.h>

/* Runs a cycle whose marks look() may ask for; false: no cycle could. */
bool lost_run(void (*look)(void));

/* Calls look, if a cycle was run for one.  Context: worker, world stopped. */
void lost_look(void);

/*
 * Whether an object starts at addr that the program has, did not free, and
 * cannot reach.  Context: look.
 */
bool lost_is(uintptr_t addr);

#endif
