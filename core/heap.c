/*
 * heap: slow paths, and what a pointer from the program means.
 *
 *   heap_alloc -> mcache_alloc            (inline: a kept or cached object)
 *              -> heap_alloc_slow -> mcache_refill -> mcentral, mheap
 *                                 -> large_alloc   -> mheap
 *   heap_free  -> mspan_free_by_owner     (inline: the owner keeps it)
 *              -> heap_free_slow  -> mcache_free, large_free, early_free
 *
 * The inline paths take the thread's mcache while they run; a slow path makes
 * its thread busy.  Calls from a signal handler on a busy thread do not wait:
 * memory comes from early, what they free is deferred to the end of the
 * interrupted slow path (core/thread.h).
 *
 * A thread that has no mcache, or whose signal handler has interrupted an
 * inline path, shares one with all such threads, under a lock.
 *
 * Every pointer from the program is resolved to an object that is allocated,
 * or the program dies: see object_at.
 *
 * Context: any.
 */
#include "core/heap.h"

#include <string.h>

#include "core/bits.h"
#include "core/early.h"
#include "core/fatal.h"
#include "core/heap_sample.h"
#include "core/large.h"
#include "core/mcache_shared.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/thread.h"
#include "gc/gc.h"
#include "prof/prof.h"

enum {
	ROOM = 8, /* bytes that a request does not get, where room is left */
};

uint16_t heap_slot8[NSIZE8];

static bool tiny = true;
static bool has_room;   /* every object is longer than asked for */
static bool heap_ready; /* set once, under mcaches */

/* Sizes. */

/* Bytes that an object is to have, for a request of so many. */
static size_t with_room(size_t size)
{
	/* As coarse as heap_slot8, which must say the same. */
	return has_room && size <= PTRDIFF_MAX ? align_up(size, ROOM) + 1
					       : size;
}

static unsigned class_for(size_t size)
{
	size_t n = with_room(size);

	if (n > SMALL_MAX)
		return 0;
	if (n <= 8 && !tiny)
		return sizeclass_of(16);
	return sizeclass_of(n);
}

static unsigned class_for_aligned(size_t size, size_t align)
{
	if (align <= 8)
		return class_for(size);
	return sizeclass_of_aligned(with_room(size > 0 ? size : 1), align);
}

static void fill_table(void)
{
	for (size_t i = 0; i < NSIZE8; i++)
		heap_slot8[i] = (uint16_t)(class_for(8 * i) *
					   sizeof(struct mcache_slot));
}

/* Starting. */

void heap_set_tiny(bool on)
{
	tiny = on;
	if (heap_ready)
		fill_table();
}

void heap_leave_room(void)
{
	has_room = true;
	if (heap_ready)
		fill_table();
}

static bool heap_start_locked(void)
{
	if (heap_ready)
		return true;
	os_init();
	lock(&mheap.lock);
	bool ready = mheap_init();
	unlock(&mheap.lock);
	if (!ready)
		return false;
	fill_table();
	thread_watch_exits();
	store_release(&heap_ready, true); /* pairs: heap_start */
	return true;
}

bool heap_start(void)
{
	if (likely(load_acquire(&heap_ready))) /* pairs: heap_start_locked */
		return true;
	lock(&mcaches.lock);
	bool ready = heap_start_locked();
	unlock(&mcaches.lock);
	return ready;
}

/* Allocating. */

static void *alloc_small_busy(struct thread *t, unsigned class)
{
	struct mcache *c = thread_mcache(t);

	return c != NULL ? mcache_alloc_or_refill(c, class)
			 : mcache_alloc_shared(class);
}

/* The collector counts what comes into the program's hands. */
static void tell_gc(const struct thread *t, unsigned class, size_t size)
{
	struct mcache *c = thread_own_mcache(t);
	size_t bytes = size;

	if (class != 0 && c != NULL) {
		bytes = c->refilled;
		c->refilled = 0;
	}
	if (bytes > 0)
		gc_after_refill(bytes);
}

/*
 * An object of the class; 0: a large one, and *zeroed is as in large_alloc.
 */
COLD static void *alloc_any(
	unsigned class, size_t size, size_t align, bool *zeroed)
{
	struct thread *t = thread_self();

	if (t->busy) {
		*zeroed = true;
		return early_alloc(size, align);
	}
	thread_enter(t);
	void *p = NULL;
	if (class == 0)
		p = large_alloc(with_room(size), align, zeroed);
	else
		p = alloc_small_busy(t, class);
	if (gc_mode.on && p != NULL)
		tell_gc(t, class, size);
	if (unlikely(prof_rate() != 0) && p != NULL)
		heap_sample_new(t, p, class, size);
	thread_leave(t);
	return p;
}

void *heap_alloc_slow(size_t size)
{
	struct thread *t = thread_self();
	unsigned class = class_for(size);
	void *p = NULL;
	bool zeroed = false;

	if (likely(!t->busy && t->mcache != NULL && class != 0)) {
		thread_enter(t);
		p = mcache_alloc_light(thread_own_mcache(t), class);
		thread_leave(t);
	}
	return likely(p != NULL) ? p : alloc_any(class, size, 16, &zeroed);
}

void *heap_alloc_zeroed(size_t size)
{
	bool zeroed = size > SMALL_MAX;
	void *p;

	if (!zeroed)
		p = heap_alloc(size);
	else
		p = alloc_any(0, size, 16, &zeroed);
	if (p != NULL && !zeroed)
		memset(p, 0, size);
	return p;
}

void *heap_alloc_aligned(size_t size, size_t align)
{
	unsigned class = class_for_aligned(size, align);
	bool zeroed = false;

	return alloc_any(class, size, align, &zeroed);
}

/* What a pointer means. */

/* The end of a message about a span: "(size class 64)". */
static void die_about(const struct mspan *s, const char *what, uintptr_t p)
{
	if (s->class != 0)
		fatal("%s 0x%lx (size class %zu)", what, p, mspan_elemsize(s));
	fatal("%s 0x%lx (large, %zu bytes)", what, p, mspan_elemsize(s));
}

/* What a call does to an object, for the message when it cannot. */
struct verb {
	const char *name;  /* "free" */
	const char *freed; /* when p was freed before */
};

static const struct verb verb_free = {"free", "double free of"};
static const struct verb verb_realloc = {"realloc", "realloc of freed pointer"};
static const struct verb verb_size = {
	"malloc_usable_size", "malloc_usable_size of freed pointer"};

COLD static void die_outside(const struct verb *verb, uintptr_t p)
{
	if (early_owns(p) || (heapmap_covers(p) && p % 16 == 0))
		fatal("%s 0x%lx (free span)", verb->freed, p);
	fatal("%s of pointer 0x%lx that is not from this heap", verb->name, p);
}

COLD static void die_misaligned(
	const struct verb *verb, const struct mspan *s, uintptr_t p)
{
	char what[64];

	format(what, sizeof what, "%s of misaligned pointer", verb->name);
	die_about(s, what, p);
}

/* The allocated object that starts at p, which lies in s; dies if none does. */
static struct objref object_at(
	const struct verb *verb, struct mspan *s, uintptr_t p)
{
	uint64_t offset = p - s->base;
	struct objref o = {s, 0};

	if (s->class == 0 ? offset != 0 : !sizeclass_is_start(s->magic, offset))
		die_misaligned(verb, s, p);
	if (s->class != 0)
		o.index = sizeclass_index(s->magic, offset);
	if (!mspan_is_allocated(o) || mspan_is_marked_remote(o))
		die_about(s, verb->freed, p);
	if (gc_mode.is_sound)
		gc_note_use(o, verb->name);
	return o;
}

/* Freeing. */

static void free_object(struct objref o)
{
	struct thread *t = thread_self();
	uintptr_t p = mspan_object(o);
	bool done;

	if (unlikely(heap_is_sample(o)))
		heap_sample_freed(t, o);
	if (gc_mode.defers) {
		done = gc_free(o);
	} else if (t->busy) {
		done = mcache_defer_free(t, o);
	} else {
		thread_enter(t);
		done = o.span->class == 0 ? large_free(o)
					  : mcache_free(thread_mcache(t), o);
		thread_leave(t);
	}
	if (!done)
		die_about(o.span, verb_free.freed, p);
}

void heap_free_slow(void *p)
{
	if (p == NULL)
		return;
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	if (s != NULL)
		free_object(object_at(&verb_free, s, (uintptr_t)p));
	else if (!early_free((uintptr_t)p))
		die_outside(&verb_free, (uintptr_t)p);
}

/* The class of what was allocated before there were any options. */
static unsigned class_before(size_t size, size_t align)
{
	if (align > 8)
		return sizeclass_of_aligned(size > 0 ? size : 1, align);
	return size <= SMALL_MAX ? sizeclass_of(size) : 0;
}

static bool size_fits(const struct mspan *s, size_t size, size_t align)
{
	unsigned class =
		align > 0 ? class_for_aligned(size, align) : class_for(size);

	if (class != s->class)
		class = class_before(size, align);
	return class == s->class &&
	       (class != 0 || large_fits(s, with_room(size)) ||
		       large_fits(s, size));
}

void heap_free_sized(void *p, size_t size, size_t align)
{
	if (p == NULL)
		return;
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	if (s == NULL) {
		heap_free_slow(p);
		return;
	}
	struct objref o = object_at(&verb_free, s, (uintptr_t)p);
	if (!size_fits(s, size, align)) {
		char what[96];
		format(what, sizeof what, "free_sized with size %zu of", size);
		die_about(s, what, (uintptr_t)p);
	}
	free_object(o);
}

size_t heap_usable_size(const void *p)
{
	if (p == NULL)
		return 0;
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	if (s != NULL) {
		object_at(&verb_size, s, (uintptr_t)p);
		size_t room = has_room ? ROOM : 0;
		return mspan_elemsize(s) - room;
	}
	size_t size = early_size((uintptr_t)p);
	if (size == 0)
		die_outside(&verb_size, (uintptr_t)p);
	return size;
}

/* Reallocating. */

static void *move_by_copy(void *p, size_t old_size, size_t size)
{
	void *q = heap_alloc(size);

	if (q == NULL)
		return NULL;
	memcpy(q, p, old_size < size ? old_size : size);
	heap_free(p);
	return q;
}

/* ... and what a large object has grown by, all of it where it is new. */
static void tell_gc_moved(const void *q, size_t before)
{
	const size_t size = mspan_elemsize(heapmap_lookup((uintptr_t)q));

	if (size > before)
		gc_after_refill(size - before);
}

static void *realloc_large(struct objref o, size_t size)
{
	struct thread *t = thread_self();

	if (t->busy) /* in a handler: early memory, copied */
		return move_by_copy(
			(void *)o.span->base, mspan_elemsize(o.span), size);
	thread_enter(t);
	struct bucket *b = NULL;
	if (unlikely(heap_is_sample(o)))
		b = heap_sample_moving(o);
	const size_t before = mspan_elemsize(o.span);
	const uintptr_t at = o.span->base;
	void *q = large_realloc(o, with_room(size));
	if (unlikely(b != NULL))
		heap_sample_moved(o, b, q != NULL);
	if (unlikely(prof_rate() != 0) && q != NULL)
		heap_sample_new(t, q, 0, size);
	if (gc_mode.on && q != NULL)
		tell_gc_moved(q, (uintptr_t)q == at ? before : 0);
	thread_leave(t);
	return q;
}

static void *early_realloc(void *p, size_t size)
{
	size_t old_size = early_size((uintptr_t)p);

	if (old_size == 0)
		die_outside(&verb_realloc, (uintptr_t)p);
	return move_by_copy(p, old_size, size);
}

void *heap_realloc(void *p, size_t size)
{
	struct mspan *s = heapmap_lookup((uintptr_t)p);

	if (s == NULL)
		return early_realloc(p, size);
	struct objref o = object_at(&verb_realloc, s, (uintptr_t)p);
	if (class_for(size) == 0 && s->class == 0)
		return realloc_large(o, size);
	if (class_for(size) == s->class) {
		if (unlikely(heap_is_sample(o)))
			heap_sample_resized(thread_self(), o, size);
		return p;
	}
	void *q = move_by_copy(p, mspan_elemsize(s), size);
	return q == NULL && size <= mspan_elemsize(s) ? p : q;
}

/* Trimming. */

size_t heap_trim(void)
{
	struct thread *t = thread_self();
	size_t released = 0;

	if (t->busy)
		return 0;
	thread_enter(t);
	if (thread_own_mcache(t) != NULL)
		released = mcache_trim(thread_own_mcache(t));
	released += mheap_release_all();
	thread_leave(t);
	return released;
}
