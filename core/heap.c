/*
 * heap: slow paths, large objects, and what a pointer from the program means.
 *
 *   heap_alloc -> mcache_alloc            (inline: a cached bit)
 *              -> heap_alloc_slow -> mcache_refill -> mcentral, mheap
 *                                 -> large_alloc   -> mheap
 *   heap_free  -> mspan_free_by_owner     (inline: the owner clears the bit)
 *              -> heap_free_slow  -> mcache_free, large_free, early_free
 *
 * A slow path makes its thread busy.  Calls from a signal handler on a busy
 * thread do not wait: memory comes from early, what they free is deferred to
 * the end of the interrupted slow path (core/thread.h).
 *
 * A thread gets its mcache at its first allocation and gives it back in the
 * last round of TSD destructors.  What runs on it later shares one mcache
 * with all such threads, under a lock.
 *
 * Every pointer from the program is resolved to an object that is allocated,
 * or the program dies: see object_at.
 *
 * Context: any.
 */
#include "core/heap.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "core/bits.h"
#include "core/early.h"
#include "core/fatal.h"
#include "core/mcentral.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/scavenger.h"

enum {
	MOVE_MIN = 1 << 20,    /* bytes; below, copying is as good */
	COPY_STEP = 4 << 20,   /* bytes resident twice while copying */
	GROWTH_DIVISOR = 8,    /* what a growing large object gets on top */
	GROWTH_MIN_PAGES = 16, /* where that begins */
	/* A sanitizer is gone after the very last. */
	LAST_EXIT_ROUND = PTHREAD_DESTRUCTOR_ITERATIONS - SANITIZED,
};

uint8_t heap_class8[NSIZE8];

static bool tiny = true;

/* Threads without an mcache of their own.  Guarded by shared_lock. */
static struct lock shared_lock = LOCK_INIT(mcache_shared);
static struct mcache *shared_mcache;

static pthread_key_t exit_key;
static bool have_exit_key;

/* Entering and leaving slow paths. */

static struct mcache *own_mcache(const struct thread *t)
{
	return t->mcache != &mcache_none ? t->mcache : NULL;
}

static void thread_enter(struct thread *t)
{
	t->busy = true;
	barrier_compiler();
}

static struct mspan *pop_deferred(struct thread *t)
{
	struct mspan *s = load_acquire(&t->deferred);

	while (s != NULL && !try_cas_acqrel(&t->deferred, &s, s->deferred_next))
		;
	return s;
}

/* A large object's span, which whoever has freed the object owns. */
static void large_give_back(struct mspan *s)
{
	if (s->moved) {
		os_reset(s->base, mspan_elemsize(s));
		mheap_free_span_released(s);
	} else {
		mheap_free_span(s);
	}
}

/* Does what the frees of signal handlers have left to do. */
COLD static void drain_deferred(struct thread *t)
{
	struct mspan *s;

	while ((s = pop_deferred(t)) != NULL) {
		/* From here on s may be another span, even a large one. */
		uintptr_t handoff = fetch_and_seqcst(&mspan_remote(s)->handoff,
			~(uintptr_t)HANDOFF_DEFERRED);
		if ((handoff & HANDOFF_LARGE) != 0)
			large_give_back(s);
		else
			mcache_tell_owner(own_mcache(t), s);
	}
}

static void thread_leave(struct thread *t)
{
	for (;;) {
		barrier_compiler();
		t->busy = false;
		barrier_compiler();
		/* From here on a handler does its frees itself. */
		if (likely(load_relaxed(&t->deferred) == NULL))
			return;
		thread_enter(t);
		drain_deferred(t);
	}
}

/* Starting. */

void heap_set_tiny(bool on)
{
	tiny = on;
	if (heap_class8[1] != 0)
		heap_class8[0] = heap_class8[1] = on ? 1 : sizeclass_of(16);
}

static void thread_exit_hook(void *mcache)
{
	struct mcache *c = mcache;
	struct thread *t = thread_self();

	/* Other destructors may allocate yet: wait for the last round. */
	if (++c->exit_rounds < LAST_EXIT_ROUND) {
		pthread_setspecific(exit_key, c);
		return;
	}
	thread_enter(t);
	t->mcache = &mcache_none;
	t->phase = THREAD_ENDED;
	mcache_release(c);
	thread_leave(t);
}

static bool heap_start_locked(void)
{
	if (mheap.ready)
		return true;
	os_init();
	lock(&mheap.lock);
	bool ready = mheap_init();
	unlock(&mheap.lock);
	if (!ready)
		return false;
	memcpy(heap_class8, size_to_class8, sizeof heap_class8);
	heap_set_tiny(tiny);
	have_exit_key = pthread_key_create(&exit_key, thread_exit_hook) == 0;
	return true;
}

/* Whether the heap can be used; sets it up at the first call. */
static bool heap_start(void)
{
	lock(&mcaches.lock);
	bool ready = heap_start_locked();
	unlock(&mcaches.lock);
	return ready;
}

/* This busy thread's mcache; NULL: it has to share. */
static struct mcache *thread_mcache(struct thread *t)
{
	if (t->phase != THREAD_NEW)
		return own_mcache(t);
	if (!heap_start())
		return NULL;
	struct mcache *c = mcache_acquire();
	if (c == NULL)
		return NULL;
	t->mcache = c;
	t->phase = THREAD_ACTIVE;
	if (have_exit_key)
		pthread_setspecific(exit_key, c);
	return c;
}

/* Allocating. */

static void *alloc_from(struct mcache *c, unsigned class)
{
	do {
		void *p = mcache_alloc(c, class);
		if (p != NULL)
			return p;
	} while (mcache_refill(c, class));
	return NULL;
}

static void *alloc_shared(unsigned class)
{
	void *p = NULL;

	if (!heap_start())
		return NULL;
	lock(&shared_lock);
	if (shared_mcache == NULL) {
		unlock(&shared_lock);
		struct mcache *c = mcache_acquire();
		lock(&shared_lock);
		if (shared_mcache == NULL)
			shared_mcache = c;
	}
	if (shared_mcache != NULL)
		p = alloc_from(shared_mcache, class);
	unlock(&shared_lock);
	return p;
}

static void *large_alloc(size_t size, size_t align, bool *zeroed)
{
	struct span_shape shape = {
		.class = 0,
		.nelems = 1,
		.npages = ceil_div(size, GO_PAGE_SIZE),
		.align = align > GO_PAGE_SIZE ? align / GO_PAGE_SIZE : 1,
	};

	shape.npages += shape.npages == 0;
	if (shape.npages > UINT32_MAX || !heap_start())
		return NULL;
	struct mspan *s = mheap_alloc_span(&shape, zeroed);
	if (s == NULL)
		return NULL;
	store_release(&s->alloc_bits[0], 1);
	return (void *)s->base;
}

static void *alloc_small_busy(struct thread *t, unsigned class)
{
	struct mcache *c = thread_mcache(t);

	return c != NULL ? alloc_from(c, class) : alloc_shared(class);
}

/* An object of the class; 0: a large one.  *zeroed is set for a large one. */
COLD static void *alloc_any(
	unsigned class, size_t size, size_t align, bool *zeroed)
{
	struct thread *t = thread_self();

	*zeroed = false;
	if (t->busy) {
		*zeroed = true;
		return early_alloc(size, align);
	}
	thread_enter(t);
	void *p = class != 0 ? alloc_small_busy(t, class)
			     : large_alloc(size, align, zeroed);
	thread_leave(t);
	return p;
}

static unsigned class_for(size_t size)
{
	if (size > SMALL_MAX)
		return 0;
	if (size <= 8 && !tiny)
		return sizeclass_of(16);
	return sizeclass_of(size);
}

void *heap_alloc_slow(size_t size)
{
	struct thread *t = thread_self();
	unsigned class = class_for(size);
	bool zeroed;

	if (likely(!t->busy)) {
		thread_enter(t);
		mcache_next_word(t->mcache, class);
		thread_leave(t);
		void *p = mcache_alloc(t->mcache, class);
		if (likely(p != NULL))
			return p;
	}
	return alloc_any(class, size, 16, &zeroed);
}

void *heap_alloc_zeroed(size_t size)
{
	bool zeroed = false;
	void *p;

	if (size <= SMALL_MAX)
		p = heap_alloc(size);
	else
		p = alloc_any(0, size, 16, &zeroed);
	if (p != NULL && !zeroed)
		memset(p, 0, size);
	return p;
}

static unsigned class_for_aligned(size_t size, size_t align)
{
	if (align <= 8)
		return class_for(size);
	return sizeclass_of_aligned(size > 0 ? size : 1, align);
}

void *heap_alloc_aligned(size_t size, size_t align)
{
	unsigned class = class_for_aligned(size, align);
	bool zeroed;

	if (align > mheap.window && mheap.ready)
		return NULL;
	void *p = mcache_alloc(mcache_self(), class);
	return p != NULL ? p : alloc_any(class, size, align, &zeroed);
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
	return o;
}

/* Freeing. */

static bool large_free(struct objref o)
{
	if (!mspan_mark_remote(o))
		return false;
	large_give_back(o.span);
	return true;
}

static void free_object(struct objref o)
{
	struct thread *t = thread_self();
	uintptr_t p = mspan_object(o);
	bool done;

	if (t->busy) {
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

static bool size_fits(const struct mspan *s, size_t size, size_t align)
{
	unsigned class =
		align > 0 ? class_for_aligned(size, align) : class_for(size);

	if (class != s->class)
		return false;
	size_t npages = ceil_div(size, GO_PAGE_SIZE);
	return class != 0 ||
	       (s->npages >= npages &&
		       s->npages <= npages + npages / GROWTH_DIVISOR + 1);
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
		return mspan_elemsize(s);
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

/* Copies in steps, giving back the source as it goes. */
static void copy_and_release(uintptr_t from, uintptr_t to, size_t size)
{
	for (size_t done = 0; done < size; done += COPY_STEP) {
		size_t n = size - done < COPY_STEP ? size - done : COPY_STEP;
		memcpy((void *)(to + done), (void *)(from + done), n);
		os_release(from + done, n);
	}
}

/* Moves a large object into a larger span; the busy thread's. */
static void *large_move(struct objref o, size_t size)
{
	struct mspan *s = o.span;
	size_t old_size = mspan_elemsize(s);
	size_t npages = ceil_div(size, GO_PAGE_SIZE);
	size_t slack = npages > GROWTH_MIN_PAGES ? npages / GROWTH_DIVISOR : 0;
	bool zeroed;

	void *q =
		large_alloc(size + slack * GO_PAGE_SIZE, GO_PAGE_SIZE, &zeroed);
	if (q == NULL)
		q = large_alloc(size, GO_PAGE_SIZE, &zeroed);
	if (q == NULL || !mspan_mark_remote(o))
		return NULL;
	if (old_size < MOVE_MIN) {
		memcpy(q, (void *)s->base, old_size);
		mheap_free_span(s);
		return q;
	}
	if (!s->moved && os_move(s->base, (uintptr_t)q, old_size))
		heapmap_lookup((uintptr_t)q)->moved = true;
	else
		copy_and_release(s->base, (uintptr_t)q, old_size);
	mheap_free_span_released(s);
	return q;
}

static void *large_realloc(struct objref o, size_t size)
{
	struct mspan *s = o.span;
	struct thread *t = thread_self();
	size_t npages = ceil_div(size, GO_PAGE_SIZE);

	if (npages == s->npages)
		return (void *)s->base;
	if (t->busy || npages > UINT32_MAX) /* in a handler: early, copied */
		return npages > UINT32_MAX ? NULL
					   : move_by_copy((void *)s->base,
						     mspan_elemsize(s), size);
	thread_enter(t);
	void *q = (void *)s->base;
	if (!mheap_resize_span(s, npages))
		q = large_move(o, size);
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
		return large_realloc(o, size);
	if (class_for(size) == s->class)
		return p;
	void *q = move_by_copy(p, mspan_elemsize(s), size);
	return q == NULL && size <= mspan_elemsize(s) ? p : q;
}

/* Trimming and forking. */

size_t heap_trim(void)
{
	struct thread *t = thread_self();
	size_t released = 0;

	if (t->busy)
		return 0;
	thread_enter(t);
	if (own_mcache(t) != NULL)
		released = mcache_trim(own_mcache(t));
	released += mheap_release_all();
	thread_leave(t);
	return released;
}

/* A fork in a signal handler that interrupted a slow path: locks stay. */
static _Thread_local bool fork_is_nested;

void heap_fork_prepare(void)
{
	struct thread *t = thread_self();

	fork_is_nested = t->busy;
	if (fork_is_nested)
		return;
	thread_enter(t);
	mcache_lock_all();
	mcentral_lock_all();
	lock(&mheap.lock);
}

void heap_fork_parent(void)
{
	if (fork_is_nested)
		return;
	unlock(&mheap.lock);
	mcentral_unlock_all();
	mcache_unlock_all();
	thread_leave(thread_self());
}

void heap_fork_child(void)
{
	struct thread *t = thread_self();

	if (fork_is_nested)
		return;
	t->held = 0;
	mcache_reset_all(own_mcache(t));
	mcentral_reset_locks();
	lock_reset(&mheap.lock);
	lock_reset(&shared_lock);
	shared_mcache = NULL; /* adopted like those of threads that are gone */
	scavenger_fork_child();
	thread_leave(t);
}
