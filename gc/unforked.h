/*
 * unforked: memory of this process that a forked child does not see as it is.
 *
 * Context: the coordinator; no libc.
 */
#ifndef GC_UNFORKED_H
#define GC_UNFORKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gets a mapping. */
typedef void unforked_visit_fn(uintptr_t lo, uintptr_t hi, void *arg);

/* What the lines read so far say of the mapping that they are about. */
struct unforked {
	unforked_visit_fn *visit; /* gets what is found */
	void *arg;                /* its last argument */
	uintptr_t lo;             /* the mapping: first byte */
	uintptr_t hi;             /* behind the last byte */
};

/*
 * Visits every mapping that a child lacks (MADV_DONTFORK) or finds empty
 * (MADV_WIPEONFORK).  false: it cannot find out, and may have visited some.
 */
bool unforked_visit(unforked_visit_fn *visit, void *arg);

/*
 * Reads whole lines of /proc/self/smaps; how many bytes those were.  u says
 * what is visited, and keeps what the next call has to know.
 */
size_t unforked_parse(struct unforked *u, const char *text, size_t size);

#endif
