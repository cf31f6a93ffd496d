/*
 * roots: the memory outside the heap that the program can see.  See roots.c.
 *
 * Context: worker; one thread but for roots_mark.
 */
#ifndef GC_ROOTS_H
#define GC_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/mark.h"

/* What lies behind a mapping. */
enum root_kind {
	ROOT_PRIVATE, /* this process's memory: its page tables know all */
	ROOT_CODE,    /* likewise, with code: pointers are at any address */
	ROOT_SHARED,  /* memory that others may see or have filled */
	ROOT_FILE,    /* a file: only what this process has touched counts */
};

/* One range of the program's memory. */
struct root_range {
	uintptr_t lo;        /* first byte; a multiple of the OS page */
	uintptr_t hi;        /* one past the last byte; likewise */
	enum root_kind kind; /* what it is */
};

/* Whether only this process writes there, through the mapping alone. */
static inline bool root_is_private(const struct root_range *r)
{
	return r->kind == ROOT_PRIVATE || r->kind == ROOT_CODE;
}

/* All of them, in the order of their addresses, none overlapping. */
struct roots {
	struct root_range *ranges; /* memory of our own */
	size_t n;                  /* how many */
	size_t capacity;           /* for how many there is room */
};

/* Opens what roots_read needs; false: there is no /proc. */
bool roots_open(void);

/* Closes it, or, in the child of fork, forgets what was open. */
void roots_close(void);
void roots_forget(void);

/*
 * Reads which memory there is, but for the library's own; false: it cannot,
 * or there is no memory for the list.
 */
bool roots_read(struct roots *r);

/*
 * Appends the ranges of some lines of /proc/self/maps; how many bytes were
 * whole lines.  SIZE_MAX: no memory for the list.
 */
size_t roots_parse(struct roots *r, const char *text, size_t size);

/* Takes [lo, hi) out; false: no memory for the list. */
bool roots_cut(struct roots *r, uintptr_t lo, uintptr_t hi);

/*
 * The same for a stack that ends at hi and begins at lo or, if that is above,
 * where the mapping that holds its end does: below is a guard, or another's.
 */
bool roots_cut_stack(struct roots *r, uintptr_t lo, uintptr_t hi);

/* Marks what the words in [lo, hi) point to, as far as they can be read. */
void roots_mark_words(struct marker *m, uintptr_t lo, uintptr_t hi);

/*
 * Marks what the populated pages in [lo, hi) of one range point to; memory
 * that has vanished is no error.
 */
void roots_mark(
	struct marker *m, enum root_kind kind, uintptr_t lo, uintptr_t hi);

/*
 * Marks what the words that lie across lo and across hi point to: of pages
 * that were written beside pages that were not.
 */
void roots_mark_edges(struct marker *m, uintptr_t lo, uintptr_t hi);

#endif
