/*
 * os_own: a list of the address ranges that the library uses for itself.
 *
 * The collector takes all memory that it finds mapped for the program's, but
 * for what is noted here: span descriptors and mark queues are full of
 * addresses of objects, and would keep all of them.
 *
 * What does not fit into the table is not noted.  It is then searched for
 * pointers like the program's memory: too much is kept, never too little.
 *
 * Invariant: a slot whose lo is not 0 has its hi.
 * Locking:   none; a slot is claimed by one compare-and-exchange, so that a
 *            fork in the middle leaves nothing half done but one slot.
 */
#include "core/os_own.h"

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os.h"

enum {
	SLOTS_MAX = 1024, /* descriptors of a heap of 1 TiB fit */
	CLAIMED = 1,      /* lo while hi is being written: no address */
};

static struct os_range slots[SLOTS_MAX];
static uint32_t nslots;               /* slots ever claimed */
static struct os_range *last_of_heap; /* guarded by mheap */

static struct os_range *claim_slot(void)
{
	for (uint32_t i = 0; i < SLOTS_MAX; i++) {
		uintptr_t none = 0;
		if (load_relaxed(&slots[i].lo) != 0 ||
			!try_cas_acqrel(&slots[i].lo, &none, CLAIMED))
			continue;
		uint32_t n = load_relaxed(&nslots);
		while (n <= i && !try_cas_acqrel(&nslots, &n, i + 1))
			;
		return &slots[i];
	}
	return NULL;
}

static struct os_range *note(uintptr_t lo, size_t size)
{
	struct os_range *slot = claim_slot();

	if (slot != NULL) {
		store_relaxed(&slot->hi, align_up(lo + size, os_page_size));
		store_release(&slot->lo, lo); /* pairs: os_own_read */
	}
	return slot;
}

void os_own_note(uintptr_t lo, size_t size)
{
	note(lo, size);
}

void os_own_note_heap(uintptr_t lo, size_t size)
{
	if (last_of_heap != NULL && last_of_heap->hi == lo)
		store_release(&last_of_heap->hi, lo + size);
	else
		last_of_heap = note(lo, size);
}

void os_own_forget(uintptr_t lo)
{
	uint32_t n = load_acquire(&nslots);

	for (uint32_t i = 0; i < n; i++) {
		if (load_relaxed(&slots[i].lo) != lo)
			continue;
		store_release(&slots[i].lo, 0);
		return;
	}
}

void *os_own_map(size_t size)
{
	void *p = os_map(size);

	if (p != NULL)
		os_own_note((uintptr_t)p, size);
	return p;
}

void os_own_unmap(void *p, size_t size)
{
	/* First: from then on the addresses may be the program's. */
	os_own_forget((uintptr_t)p);
	os_unmap(p, size);
}

size_t os_own_read(struct os_range *out, size_t max)
{
	uint32_t n = load_acquire(&nslots);
	size_t found = 0;

	for (uint32_t i = 0; i < n; i++) {
		uintptr_t lo = load_acquire(&slots[i].lo); /* pairs: note */
		uintptr_t hi = load_acquire(&slots[i].hi);
		/* A slot used again meanwhile: what is new may be left out. */
		if (lo <= CLAIMED || load_acquire(&slots[i].lo) != lo)
			continue;
		if (found < max)
			out[found] = (struct os_range){lo, hi};
		found++;
	}
	return found;
}
