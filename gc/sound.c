/*
 * sound: the dead-then-freed oracle.
 *
 *   sweep finds X unreachable --flag--> X stays allocated
 *   program frees, reallocates or measures X later: it had a pointer, hence
 *   a root was missed, or a pointer was hidden
 *
 * A program proves the collector wrong by itself, without knowing it.  Frees
 * act at once; what is unreachable and never freed is a leak, most likely.
 *
 * Locking:    none: atomic bits.  Context: any.
 */
#include "gc/sound.h"

#include "core/atomics.h"
#include "core/fatal.h"
#include "gc/heapbits.h"

enum {
	GRAIN_SHIFT = 3, /* 8 bytes, the least object, for each flag */
	SAID_MAX = 100,  /* lines; the count goes on */
};

static struct heapbits flags; /* by object */
static uint64_t nflagged;     /* objects, ever; atomic */
static uint64_t nunsound;     /* uses of flagged ones; atomic */

bool sound_init(void)
{
	return heapbits_init(&flags, GRAIN_SHIFT);
}

void sound_flag(struct mspan *s, unsigned w, uint64_t unreachable)
{
	for (; unreachable != 0; unreachable &= unreachable - 1) {
		struct objref o = {s, w * 64 + ctz64(unreachable)};
		if (!heapbits_set(&flags, mspan_object(o)))
			fetch_add_relaxed(&nflagged, 1);
	}
}

void sound_check(struct objref o, const char *verb)
{
	if (!heapbits_unset(&flags, mspan_object(o)))
		return;
	if (fetch_add_relaxed(&nunsound, 1) < SAID_MAX)
		say("gcsound: %s of 0x%lx (%zu bytes), found unreachable", verb,
			mspan_object(o), mspan_elemsize(o.span));
}

void sound_report(uint64_t ncycles)
{
	say("gcsound: %lu cycles, %lu objects unreachable, %lu unsound",
		ncycles, load_relaxed(&nflagged), load_relaxed(&nunsound));
}
