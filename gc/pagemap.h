/*
 * pagemap: what the kernel's page tables say of our own pages.
 *
 * Addresses are multiples of the OS page.  Unmapped addresses are no error:
 * nothing is found there.
 *
 * Context: the thread that opened it, and threads that share its files.
 */
#ifndef GC_PAGEMAP_H
#define GC_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>

/* Gets a run of pages that was looked for. */
typedef void pagemap_visit_fn(uintptr_t lo, uintptr_t hi, void *arg);

/* Opens it for the calling process; false: there is none. */
bool pagemap_open(void);

/* Closes it. */
void pagemap_close(void);

/*
 * In the child of fork: the number of the file means nothing here, or another
 * file of the program, so it is forgotten and not closed.
 */
void pagemap_forget(void);

/*
 * Arms every page that is there for a userfaultfd.  false: not all of the
 * range is registered with one, or the kernel cannot; some may be armed.
 */
bool pagemap_arm(uintptr_t lo, uintptr_t hi);

/*
 * Visits the pages written since they were armed; they are armed again before
 * the visit.  false: it has no answer for the range; what it visited is
 * incomplete, and what was written and not visited may be armed.
 */
bool pagemap_rearm_written(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);

/*
 * Visits the pages written since they were armed, and perhaps a few that have
 * no memory or cannot be read; arms nothing.  Much faster than to arm.
 * false: what it visited is incomplete.
 */
bool pagemap_visit_written(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);

/* Visits the pages that are armed; false as for pagemap_visit_written. */
bool pagemap_visit_armed(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);

/*
 * Visits the pages that have memory, in core or swapped out; false: it cannot
 * tell.  Private memory only: of shared memory and of files there may be more
 * than this process has touched.
 */
bool pagemap_visit_populated(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);

/*
 * Visits the populated pages of the range that the kernel calls soft-dirty:
 * written since soft-dirty bits were last cleared; false: it cannot tell.
 */
bool pagemap_visit_soft_dirty(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);

#endif
