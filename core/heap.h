/*
 * heap: the allocator's front door; everything above it is the C library's
 * interface, everything below it is Go's structure.
 *
 * None of these functions touches errno.  Sizes are bytes.  Alignment of what
 * is returned: 16, or 8 for requests of 8 bytes or less (option tiny).
 *
 * Context: any, a signal handler that interrupts one of them included, and
 *          any time from the first call by ld.so to the last after exit.
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/compiler.h"
#include "core/heapmap.h"
#include "core/local.h"
#include "core/mcache.h"
#include "core/mspan.h"
#include "core/sizeclass.h"

/*
 * Where in an mcache the slot for a size is, by size in units of 8 bytes,
 * rounded up: size_to_class8 under the options, in bytes.
 */
extern uint16_t heap_slot8[NSIZE8] HIDDEN;

/*
 * Whether the heap can be used; sets it up at the first call.  The thread is
 * busy.
 */
bool heap_start(void);

/* The rest of heap_alloc: nothing at hand, a large size, a first call. */
NOINLINE void *heap_alloc_slow(size_t size);

/* The rest of heap_free: NULL, another owner, a list change or misuse. */
COLD void heap_free_slow(void *p);

/*
 * The fast part of heap_alloc: an object that this thread has at hand, or
 * NULL.  For a caller that calls heap_alloc_slow from its own slow path.
 */
static ALWAYS_INLINE void *heap_try_alloc(size_t size)
{
	struct thread *t = thread_self();
	struct mcache *c = t->mcache;

	if (unlikely(size > SIZE8_MAX || c == NULL))
		return NULL;
	thread_take_mcache(t);
	void *p = mcache_alloc_from(
		mcache_slot_at(c, heap_slot8[(size + 7) / 8]));
	thread_put_mcache(t, c);
	return p;
}

/* Memory for size bytes, or NULL when there is none. */
static ALWAYS_INLINE void *heap_alloc(size_t size)
{
	void *p = heap_try_alloc(size);

	return likely(p != NULL) ? p : heap_alloc_slow(size);
}

/*
 * Gives back what a heap_alloc* or heap_realloc returned; NULL is ignored.
 * Anything else is misuse: one line on stderr, then abort.
 */
static ALWAYS_INLINE void heap_free(void *p)
{
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	struct thread *t = thread_self();
	struct mcache *c = t->mcache; /* NULL owns nothing */

	if (unlikely(s == NULL || !mspan_owned_by(s, c))) {
		heap_free_slow(p);
		return;
	}
	thread_take_mcache(t);
	bool done = mspan_free_by_owner(s, (uintptr_t)p);
	thread_put_mcache(t, c);
	if (unlikely(!done))
		heap_free_slow(p);
}

/* As heap_alloc, and the memory reads as zero. */
void *heap_alloc_zeroed(size_t size);

/* As heap_alloc, at a multiple of align (a power of two). */
void *heap_alloc_aligned(size_t size, size_t align);

/*
 * Grows or shrinks p to size > 0 bytes, moving it if it must; p is not NULL.
 * NULL when there is no memory: p is then untouched.
 */
void *heap_realloc(void *p, size_t size);

/*
 * As heap_free, where the caller knows the size (and, align > 0, the
 * alignment) it asked for last; a size the object cannot have is misuse.
 */
void heap_free_sized(void *p, size_t size, size_t align);

/* The bytes that may be used at p, at least those asked for; NULL gives 0. */
size_t heap_usable_size(const void *p);

/* Gives free memory back to the OS; returns the bytes given back. */
size_t heap_trim(void);

/*
 * Before fork: takes every lock.  After it, in the parent: gives them back;
 * in the child: makes them new, and the heap of the threads that are gone
 * can be adopted.
 */
void heap_fork_prepare(void);
void heap_fork_parent(void);
void heap_fork_child(void);

/* Small objects of 8 bytes or less get a class of their own, or not. */
void heap_set_tiny(bool on);

/*
 * From here on an object is longer than what was asked for, so that a pointer
 * one past its end still lies in it.  Without such room a collector would have
 * to take it for a pointer to the next object, or to both.
 */
void heap_leave_room(void);

#endif
