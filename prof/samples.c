/*
 * samples: open addressing with linear probing, at most half full.
 *
 * A removal moves later entries of the run up, so there are no graves and a
 * search ends at the first empty slot.
 *
 * Addresses are stored complemented: a collector that reads this memory sees
 * no pointer into the heap.
 *
 * Locking:    prof; samples_may_have needs none.
 */
#include "prof/samples.h"

#include "prof/profmem.h"

enum { FIRST_SLOTS = 1 << 10 };

/* An entry; empty if bucket is NULL. */
struct slot {
	uintptr_t not_addr;    /* the address, complemented */
	struct bucket *bucket; /* what it is a sample of */
};

/* The table. */
struct slots {
	struct slot *at; /* nslots of them, a power of two */
	size_t nslots;   /* 0 at first */
	size_t n;        /* entries */
};

uint32_t *samples_filter;

static struct slots slots;

void samples_use_filter(void)
{
	if (samples_filter == NULL) /* pairs: samples_may_have */
		store_release(&samples_filter,
			(uint32_t *)profmem_map(
				SAMPLES_FILTER_SIZE * sizeof *samples_filter));
}

static void filter_count(uintptr_t addr, uint32_t change)
{
	if (samples_filter == NULL)
		return;
	uint32_t *n = &samples_filter[samples_hash(addr) % SAMPLES_FILTER_SIZE];
	store_relaxed(n, *n + change);
}

/* The slot of addr, or the empty one where it belongs. */
static size_t seek(const struct slots *t, uintptr_t addr)
{
	size_t i = samples_hash(addr) & (t->nslots - 1);

	while (t->at[i].bucket != NULL && t->at[i].not_addr != ~addr)
		i = (i + 1) & (t->nslots - 1);
	return i;
}

static bool make_room(void)
{
	if (slots.n * 2 < slots.nslots)
		return true;
	struct slots wider = {.n = slots.n};
	wider.nslots = slots.nslots > 0 ? slots.nslots * 2 : FIRST_SLOTS;
	wider.at = profmem_map(wider.nslots * sizeof *wider.at);
	if (wider.at == NULL)
		return slots.n + 1 < slots.nslots; /* slower, never full */
	for (size_t i = 0; i < slots.nslots; i++)
		if (slots.at[i].bucket != NULL)
			wider.at[seek(&wider, ~slots.at[i].not_addr)] =
				slots.at[i];
	profmem_unmap(slots.at, slots.nslots * sizeof *slots.at);
	slots = wider;
	return true;
}

struct bucket *samples_insert(uintptr_t addr, struct bucket *b, bool *done)
{
	*done = make_room();
	if (!*done)
		return NULL;
	struct slot *slot = &slots.at[seek(&slots, addr)];
	struct bucket *old = slot->bucket;
	*slot = (struct slot){~addr, b};
	if (old == NULL) {
		slots.n++;
		filter_count(addr, 1);
	}
	return old;
}

/* Closes the gap at slot i: nobody's search may end there too early. */
static void close_gap(size_t i)
{
	size_t mask = slots.nslots - 1;

	for (size_t j = (i + 1) & mask; slots.at[j].bucket != NULL;
		j = (j + 1) & mask) {
		size_t home = samples_hash(~slots.at[j].not_addr) & mask;
		if (((j - home) & mask) >= ((j - i) & mask)) {
			slots.at[i] = slots.at[j];
			i = j;
		}
	}
	slots.at[i] = (struct slot){0};
}

struct bucket *samples_remove(uintptr_t addr)
{
	if (slots.n == 0)
		return NULL;
	size_t i = seek(&slots, addr);
	struct bucket *b = slots.at[i].bucket;
	if (b != NULL) {
		close_gap(i);
		slots.n--;
		filter_count(addr, (uint32_t)-1);
	}
	return b;
}

void samples_visit(void (*visit)(uintptr_t addr, struct bucket *b))
{
	for (size_t i = 0; i < slots.nslots; i++)
		if (slots.at[i].bucket != NULL)
			visit(~slots.at[i].not_addr, slots.at[i].bucket);
}

size_t samples_count(void)
{
	return slots.n;
}
