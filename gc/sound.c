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
 * The flags are a bit for each 8 bytes of the window, reserved and as far
 * resident as objects were flagged.
 *
 * Locking:    none: atomic bits.  Context: any.
 */
#include "gc/sound.h"

#include "core/atomics.h"
#include "core/fatal.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/os_own.h"

enum {
	GRAIN = 8,      /* bytes of the heap for each flag */
	SAID_MAX = 100, /* lines; the count goes on */
};

static uint64_t *flags;   /* by GRAIN of the window */
static uint64_t nflagged; /* objects, ever; atomic */
static uint64_t nunsound; /* uses of flagged ones; atomic */

bool sound_init(void)
{
	size_t size = mheap.window / GRAIN / 8;

	if (flags == NULL) {
		flags = os_reserve(size);
		if (flags == NULL)
			return false;
		os_own_note((uintptr_t)flags, size);
	}
	return os_commit((uintptr_t)flags, size);
}

static uint64_t *flag_of(struct objref o, uint64_t *bit)
{
	size_t grain = (mspan_object(o) - mheap.base) / GRAIN;

	*bit = UINT64_C(1) << grain % 64;
	return &flags[grain / 64];
}

void sound_flag(struct mspan *s, unsigned w, uint64_t unreachable)
{
	for (; unreachable != 0; unreachable &= unreachable - 1) {
		struct objref o = {s, w * 64 + ctz64(unreachable)};
		uint64_t bit, *word = flag_of(o, &bit);
		if ((fetch_or_seqcst(word, bit) & bit) == 0)
			fetch_add_relaxed(&nflagged, 1);
	}
}

void sound_forget(struct objref o)
{
	uint64_t bit, *word = flag_of(o, &bit);

	if ((load_relaxed(word) & bit) != 0)
		fetch_and_seqcst(word, ~bit);
}

void sound_check(struct objref o, const char *verb)
{
	uint64_t bit, *word = flag_of(o, &bit);

	if ((load_relaxed(word) & bit) == 0)
		return;
	fetch_and_seqcst(word, ~bit); /* once */
	if (fetch_add_relaxed(&nunsound, 1) < SAID_MAX)
		say("gcsound: %s of 0x%lx (%zu bytes), found unreachable", verb,
			mspan_object(o), mspan_elemsize(o.span));
}

void sound_report(uint64_t ncycles)
{
	say("gcsound: %lu cycles, %lu objects unreachable, %lu unsound",
		ncycles, load_relaxed(&nflagged), load_relaxed(&nunsound));
}
