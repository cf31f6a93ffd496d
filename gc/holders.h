/*
 * holders: what stopped threads and the kernel hold.  See holders.c.
 *
 * Context: the collector's thread.
 */
#ifndef GC_HOLDERS_H
#define GC_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "gc/mark.h"
#include "gc/roots.h"

/*
 * Takes the threads' stacks out of the roots, as far as they are known; false:
 * no memory for the list.
 */
bool holders_cut_running(struct roots *r);

/* The same for stopped threads; between stw_stop and stw_start. */
void holders_cut_stopped(struct roots *r);

/*
 * Marks what stopped threads and the kernel hold, and early memory; bytes read
 * in that.  Between stw_stop and stw_start.
 */
uint64_t holders_mark(struct marker *m);

#endif
