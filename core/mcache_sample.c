/*
 * mcache_sample: the heap profile's samples, chosen before they are allocated.
 *
 * A Poisson process over all bytes is one over the bytes of each class.  So
 * each class of each mcache counts its own objects down:
 *
 *   brought     objects, as a negative number, that may yet be brought to
 *               where malloc's fast path finds them: a magazine, a cached word
 *   unsampled   objects after these, up to the next sample
 *
 * Whoever brings objects brings no more than are left.  The fast path then
 * runs out of them at the very object that is to be sampled, and asks the slow
 * path, as it does when there are no objects.  It never tests for a sample.
 *
 * The sample's state is OBJECT_SAMPLED, not OBJECT_LIVE: its free misses the
 * fast path too (core/heap_sample.c).
 *
 * Objects that were brought but go back to their span uncounted do no harm:
 * the process has no memory.
 *
 * Locking:    none.  Context: the owner, busy.
 */
#include "core/mcache_sample.h"

#include "core/heapmap.h"

void mcache_sample_after(struct mcache *c, unsigned class, uint64_t n)
{
	struct magazines *m = &c->slots[class].magazines;
	uint64_t *nmalloc = &c->classes[class].nmalloc;

	/* Their sum is what was allocated, and stays. */
	store_relaxed(nmalloc, *nmalloc + (uint64_t)m->brought + n);
	store_relaxed(&m->brought, -(int64_t)n);
}

/* Draws how many objects of the class come before the next sample. */
static void draw(struct mcache *c, unsigned class, uint32_t rate)
{
	struct mcache_class *k = &c->classes[class];

	if (c->random == 0)
		c->random = sampler_seed();
	k->sample_rate = rate;
	k->unsampled =
		sampler_objects(&c->random, rate, sizeclass_table[class].size) -
		1;
}

bool mcache_sample_is_due(struct mcache *c, unsigned class)
{
	struct mcache_class *k = &c->classes[class];
	uint32_t rate = prof_rate();

	if (rate != 0 && k->sample_rate != rate)
		draw(c, class, rate);
	k->sample_rate = rate;
	uint64_t n = rate != 0 ? k->unsampled : MCACHE_UNSAMPLED;
	if (n > MCACHE_UNSAMPLED)
		n = MCACHE_UNSAMPLED;
	k->unsampled -= rate != 0 ? n : 0;
	mcache_sample_after(c, class, n);
	return n == 0;
}

void mcache_sample_taken(struct mcache *c, unsigned class, void *p)
{
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	uint64_t offset = (uintptr_t)p - s->base;
	struct objref o = {s, sizeclass_index(s->magic, offset)};

	store_release(mspan_state(o), OBJECT_SAMPLED);
	draw(c, class, c->classes[class].sample_rate);
}

void mcache_sample_again(struct mcache *c)
{
	for (unsigned class = 1; class < NCLASSES; class ++) {
		c->classes[class].sample_rate = 0;
		if (prof_rate() != 0)
			mcache_sample_after(c, class, 0);
	}
	c->large = (struct sampler){0};
}
