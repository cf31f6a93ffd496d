/*
 * shims: what the library must know of the process while a collector runs.
 */
#ifndef SHIMS_SHIMS_H
#define SHIMS_SHIMS_H

#include <stdbool.h>

/*
 * From now on threads can be stopped and their blocking calls are safe
 * regions.  Before the first stop; again does nothing.  Context: a thread of
 * the program that may take ld.so's lock.
 */
void shims_start(void);

#endif
