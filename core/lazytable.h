/*
 * lazytable: tables in one stretch of address space, made usable as needed.
 *
 * The page allocator's tables are sized for the whole window, terabytes of
 * it, but a program uses the part that its heap has grown into.  The tables
 * are carved one after the other from reserved space; each part is committed
 * in granules of 64 KiB before its first use and reads as zero from then on.
 * A bit per granule remembers which are ready, so commit is called once for
 * each and "may I read this?" can be asked without touching it.
 *
 * Locking:    none; the owner of the tables serialises.
 * Context:    any that commit allows.
 */
#ifndef CORE_LAZYTABLE_H
#define CORE_LAZYTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LAZY_GRANULE = 64 << 10, /* bytes; the largest OS page of any target */
	LAZY_GRANULES_MAX = 16384, /* so tables of up to 1 GiB */
};

/* Makes reserved memory usable and zero; false: no memory. */
typedef bool lazytable_commit_fn(void *addr, size_t size);

struct lazytable {
	uintptr_t base;              /* start of the storage */
	size_t used;                 /* bytes carved so far */
	lazytable_commit_fn *commit; /* asked once for each granule */
	uint64_t ready[LAZY_GRANULES_MAX / 64]; /* 1 = granule committed */
};

/* Tables at storage, whose alignment is the OS page's. */
void lazytable_init(
	struct lazytable *t, void *storage, lazytable_commit_fn *commit);

/*
 * The next table, of size bytes, not yet ready.  An entry whose size is a
 * power of two up to 128 is ready as a whole or not at all.
 */
void *lazytable_carve(struct lazytable *t, size_t size);

/* What the tables carved so far take, in whole granules. */
size_t lazytable_size(const struct lazytable *t);

/* Makes [p, p + size) of a table usable, size > 0; false: no memory. */
bool lazytable_commit(struct lazytable *t, const void *p, size_t size);

/* Whether the byte at p, inside a table, may be read. */
bool lazytable_is_ready(const struct lazytable *t, const void *p);

#endif
