/*
 * lazytable: tables in one stretch of address space, made usable as needed.
 *
 *   base                                                base + used
 *   | chunks ........... | root | level 1 | ... | dirty |
 *   |##.......#..........|##.......................#####|  # ready
 *
 * Neighbouring tables may share a granule; making it ready serves both.
 *
 * Invariants: a ready granule stays ready.
 * Locking:    none; the owner of the tables serialises.
 * Context:    any that commit allows.
 */
#include "core/lazytable.h"

#include "core/bits.h"
#include "core/fatal.h"

/*
 * A table starts at a multiple of this many bytes: two cache lines, so that no
 * entry of up to 128 bytes lies across two granules.
 */
enum { LAZY_ALIGN = 128 };

void lazytable_init(
	struct lazytable *t, void *storage, lazytable_commit_fn *commit)
{
	*t = (struct lazytable){.base = (uintptr_t)storage, .commit = commit};
}

void *lazytable_carve(struct lazytable *t, size_t size)
{
	const uintptr_t start = t->base + t->used;

	t->used += align_up(size, LAZY_ALIGN);
	check(t->used <= (size_t)LAZY_GRANULES_MAX * LAZY_GRANULE);
	return (void *)start;
}

size_t lazytable_size(const struct lazytable *t)
{
	return align_up(t->used, LAZY_GRANULE);
}

static bool lazytable_granule_is_ready(const struct lazytable *t, size_t i)
{
	return t->ready[i / 64] >> i % 64 & 1;
}

bool lazytable_is_ready(const struct lazytable *t, const void *p)
{
	const size_t offset = (uintptr_t)p - t->base;

	return lazytable_granule_is_ready(t, offset / LAZY_GRANULE);
}

/* Commits the granules first .. end - 1, none of which is ready. */
static bool lazytable_commit_run(struct lazytable *t, size_t first, size_t end)
{
	void *addr = (void *)(t->base + first * LAZY_GRANULE);

	if (!t->commit(addr, (end - first) * LAZY_GRANULE))
		return false;
	for (size_t i = first; i < end; i++)
		t->ready[i / 64] |= UINT64_C(1) << i % 64;
	return true;
}

bool lazytable_commit(struct lazytable *t, const void *p, size_t size)
{
	const size_t offset = (uintptr_t)p - t->base;
	const size_t last = (offset + size - 1) / LAZY_GRANULE;

	check(size > 0 && offset + size <= t->used);
	for (size_t i = offset / LAZY_GRANULE; i <= last; i++) {
		if (lazytable_granule_is_ready(t, i))
			continue;
		size_t end = i + 1;
		while (end <= last && !lazytable_granule_is_ready(t, end))
			end++;
		if (!lazytable_commit_run(t, i, end))
			return false;
		i = end;
	}
	return true;
}
