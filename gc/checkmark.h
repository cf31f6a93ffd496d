/*
 * checkmark: GODEBUG=gccheckmark=1.  See checkmark.c.
 *
 * Context: the collector's thread.
 */
#ifndef GC_CHECKMARK_H
#define GC_CHECKMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "gc/mark.h"

/*
 * A mark has been prepared: remembers which objects it is to judge; false: no
 * memory.  m reads in the second mark what it had to read in the first.
 */
bool checkmark_begin(struct marker *m);

/*
 * Keeps the marks that there are, false: no memory; after another mark, dies
 * if that reached an object that this one had not, and says how many objects
 * only this one had.  The world is stopped.
 */
bool checkmark_save(struct marker *m);
unsigned long checkmark_compare(void);

#endif
