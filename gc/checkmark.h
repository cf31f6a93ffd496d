/*
 * checkmark: GODEBUG=gccheckmark=1.  See checkmark.c.
 */
#ifndef GC_CHECKMARK_H
#define GC_CHECKMARK_H

#include <stdbool.h>

/*
 * Keeps the marks that there are, false: no memory; after another mark, dies
 * if that reached an object that this one had not, and says how many objects
 * only this one had.  Context: collector's thread, the world is stopped.
 */
bool checkmark_save(void);
unsigned long checkmark_compare(void);

#endif
