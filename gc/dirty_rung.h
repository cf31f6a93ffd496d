/*
 * dirty_rung: what one way of finding writes gives to gc/dirty.c.
 *
 * The ladder in dirty.c is the only caller.
 */
#ifndef GC_DIRTY_RUNG_H
#define GC_DIRTY_RUNG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/compiler.h"
#include "core/options.h"
#include "gc/pagemap.h"

struct dirty_rung {
	/* Its place on the ladder. */
	enum barrier which;

	/* Gets what it needs from the kernel; false: not available here. */
	bool (*open)(void);

	/* Gives that back. */
	void (*close)(void);

	/* As close in the child of fork, where the files are not its own. */
	void (*forget)(void);

	/* A cycle begins; false: it cannot.  May arm all memory at once. */
	bool (*begin)(void);

	/*
	 * From here on writes to the range are found; NULL: this rung tracks
	 * nothing.  false: not this range.
	 */
	bool (*arm)(uintptr_t lo, uintptr_t hi);

	/*
	 * Visits what was written since it was armed; false: unknown, for the
	 * whole range.
	 */
	bool (*visit_written)(
		uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);

	/*
	 * The same, and arms what it visits, in one step and before the visit.
	 * false: unknown for good.  NULL: this rung cannot; visit_written then
	 * visits all that was written since the cycle began.
	 */
	bool (*rearm_written)(
		uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg);
};

extern const struct dirty_rung dirty_rung_uffd HIDDEN;
extern const struct dirty_rung dirty_rung_devuffd HIDDEN;
extern const struct dirty_rung dirty_rung_snapshot HIDDEN;
extern const struct dirty_rung dirty_rung_softdirty HIDDEN;

#endif
