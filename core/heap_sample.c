/*
 * heap_sample: from the heap's slow paths to the profile.
 *
 *   small    chosen in advance (core/mcache_sample.c); its state says so
 *   large    chosen here, by its size
 *
 * A sampled object's state is OBJECT_SAMPLED until it is freed, by the
 * program or by a sweep.  The profile forgets it before the memory can be
 * allocated again.
 *
 * Locking:    prof, inside.  Context: busy threads, handlers where it says so.
 */
#include "core/heap_sample.h"

#include "core/heapmap.h"
#include "core/mcache.h"
#include "core/mcache_sample.h"
#include "prof/prof.h"

/* A thread that has no mcache of its own does not sample large objects. */
static bool large_is_due(struct thread *t, size_t size)
{
	struct mcache *c = thread_mcache(t);

	return c != NULL && sampler_hit(&c->large, size, prof_rate());
}

static struct objref object_of(void *p)
{
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	uint64_t offset = (uintptr_t)p - s->base;

	return (struct objref){s, sizeclass_index(s->magic, offset)};
}

static size_t weight_size(struct objref o, size_t size)
{
	return o.span->class != 0 ? mspan_elemsize(o.span) : size;
}

void heap_sample_new(struct thread *t, void *p, unsigned class, size_t size)
{
	struct objref o = object_of(p);

	if (class == 0 && large_is_due(t, size))
		store_release(mspan_state(o), OBJECT_SAMPLED);
	if (heap_is_sample(o))
		prof_record((uintptr_t)p, size, weight_size(o, size));
}

void heap_sample_freed(struct thread *t, struct objref o)
{
	uintptr_t p = mspan_object(o);

	if (t->busy) {
		prof_forget_later(p);
	} else {
		thread_enter(t);
		prof_forget(p);
		thread_leave(t);
	}
	store_release(mspan_state(o), OBJECT_LIVE);
}

void heap_sample_resized(struct thread *t, struct objref o, size_t size)
{
	uintptr_t p = mspan_object(o);

	if (t->busy)
		return;
	thread_enter(t);
	prof_forget(p);
	prof_record(p, size, weight_size(o, size));
	thread_leave(t);
}

struct bucket *heap_sample_moving(struct objref o)
{
	struct bucket *b = prof_withdraw(mspan_object(o));

	store_release(mspan_state(o), OBJECT_LIVE);
	return b;
}

void heap_sample_moved(struct objref o, struct bucket *b, bool done)
{
	if (done) {
		prof_withdrawn_freed(b);
		return;
	}
	prof_withdrawn_kept(mspan_object(o), b);
	store_release(mspan_state(o), OBJECT_SAMPLED);
}

void heap_sample_again(void)
{
	struct thread *t = thread_self();

	if (t->busy)
		return;
	thread_enter(t);
	struct mcache *c = thread_own_mcache(t);
	if (c != NULL) { /* a new one knows */
		mcache_unbring(c);
		mcache_sample_again(c);
	}
	thread_leave(t);
}
