/*
 * record: libgoalloc-record.so, the heap profiler in front of another malloc.
 *
 *   program -> malloc here -> the next malloc: libc's, or a preloaded one
 *                  |
 *                  +-> one in many is sampled (prof/)
 *
 * So the profile of any allocator has the same sampling and the same stacks
 * as libgoalloc's own.  Memory, errno and alignment are the next allocator's.
 *
 * A sample is noted after the next malloc has returned, and forgotten before
 * the next free is called: in between nobody else can have the address.
 *
 * dlsym, which finds the next functions, may itself call malloc.  Such calls,
 * made while it runs, get early memory.
 *
 * Context:    any, as far as the next allocator allows.
 */
#include "preload/record.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "config.h"
#include "core/early.h"
#include "core/fatal.h"
#include "core/options.h"
#include "core/os.h"
#include "core/thread.h"
#include "preload/exports.h"
#include "preload/profiler.h"
#include "prof/start.h"

enum {
	CONSTRUCTOR_FIRST = 101, /* up to 100 is the compiler's */
	NESTED_DEPTH = 64 << 10, /* bytes of stack of a call passed on */
	ALIGN = 16,
};

/* X(name, result, parameters): the functions that are passed on. */
#define FOR_EACH_NEXT(X)                                                       \
	X(malloc, void *, (size_t size))                                       \
	X(free, void, (void *p))                                               \
	X(calloc, void *, (size_t n, size_t size))                             \
	X(realloc, void *, (void *p, size_t size))                             \
	X(reallocarray, void *, (void *p, size_t n, size_t size))              \
	X(memalign, void *, (size_t align, size_t size))                       \
	X(aligned_alloc, void *, (size_t align, size_t size))                  \
	X(posix_memalign, int, (void **out, size_t align, size_t size))        \
	X(valloc, void *, (size_t size))                                       \
	X(pvalloc, void *, (size_t size))                                      \
	X(malloc_usable_size, size_t, (void *p))

/* The next allocator's. */
static struct {
#define NEXT_FIELD(name, result, parameters) result(*name) parameters;
	FOR_EACH_NEXT(NEXT_FIELD)
#undef NEXT_FIELD
} next;

static bool is_ready;   /* atomic: next is filled in */
static bool uses_early; /* atomic: some call got early memory */
static _Thread_local bool is_resolving;

_Thread_local struct record_thread record_thread;

static COLD void resolve(void)
{
	is_resolving = true;
#define NEXT_FIND(name, result, parameters)                                    \
	*(void **)&next.name = dlsym(RTLD_NEXT, #name);
	FOR_EACH_NEXT(NEXT_FIND)
#undef NEXT_FIND
	is_resolving = false;
	if (next.malloc == NULL || next.free == NULL)
		fatal("record: there is no malloc to pass calls on to");
	store_release(&is_ready, true); /* pairs: can_pass_on */
}

/* Whether next can be used: not while dlsym looks for it. */
static inline bool can_pass_on(void)
{
	if (unlikely(!load_acquire(&is_ready))) { /* pairs: resolve */
		if (is_resolving)
			return false;
		resolve();
	}
	return true;
}

static COLD void *early(size_t size)
{
	store_relaxed(&uses_early, true);
	return early_alloc(size, ALIGN);
}

static inline bool is_early(const void *p)
{
	return unlikely(load_relaxed(&uses_early)) && early_owns((uintptr_t)p);
}

/* Samples. */

/* Whether the frame lies in a call that another one of ours passed on. */
static bool is_nested(uintptr_t frame)
{
	return record_thread.inside - frame < NESTED_DEPTH;
}

void record_sample(void *p, size_t size)
{
	struct thread *t = thread_self();
	int error = errno;

	if (t->busy || is_nested((uintptr_t)__builtin_frame_address(0)))
		return;
	thread_enter(t);
	if (unlikely(load_acquire(&samples_filter) == NULL)) {
		prof_lock();
		samples_use_filter(); /* from now on frees look for it */
		prof_unlock();
	}
	prof_record((uintptr_t)p, size, size);
	thread_leave(t);
	errno = error;
}

void record_forget(void *p)
{
	struct thread *t = thread_self();

	if (t->busy) {
		prof_forget_later((uintptr_t)p);
		return;
	}
	thread_enter(t);
	prof_forget((uintptr_t)p);
	thread_leave(t);
}

/* A realloc of a sample begins: its bucket, which record_moved gets. */
static struct bucket *record_moving(void *p)
{
	struct thread *t = thread_self();

	if (likely(!samples_may_have((uintptr_t)p)))
		return NULL;
	if (t->busy) {
		prof_forget_later((uintptr_t)p);
		return NULL;
	}
	thread_enter(t);
	struct bucket *b = prof_withdraw((uintptr_t)p);
	thread_leave(t);
	return b;
}

static void record_moved(void *p, struct bucket *b, bool is_freed)
{
	struct thread *t = thread_self();

	if (b == NULL)
		return;
	thread_enter(t);
	if (is_freed)
		prof_withdrawn_freed(b);
	else
		prof_withdrawn_kept((uintptr_t)p, b);
	thread_leave(t);
}

/* The functions. */

EXPORT void *malloc(size_t size)
{
	if (unlikely(!can_pass_on()))
		return early(size);
	return record_new(next.malloc(size), size);
}

EXPORT void free(void *p)
{
	if (is_early(p)) {
		early_free((uintptr_t)p);
		return;
	}
	record_free(p);
	if (likely(can_pass_on()))
		next.free(p);
}

EXPORT void *calloc(size_t n, size_t size)
{
	if (unlikely(!can_pass_on()))
		return size == 0 || n <= SIZE_MAX / size ? early(n * size)
							 : NULL;
	return record_new(next.calloc(n, size), n * size);
}

/* Early memory that grows moves to the next allocator, if there is one. */
static COLD void *early_grow(void *p, size_t size)
{
	size_t old_size = early_size((uintptr_t)p);
	void *q = malloc(size);

	if (q == NULL)
		return NULL;
	memcpy(q, p, old_size < size ? old_size : size);
	early_free((uintptr_t)p);
	return q;
}

EXPORT void *realloc(void *p, size_t size)
{
	if (unlikely(p == NULL || !can_pass_on()))
		return p == NULL ? malloc(size) : early_grow(p, size);
	if (is_early(p))
		return early_grow(p, size);
	struct bucket *b = record_moving(p);
	void *q = next.realloc(p, size);
	record_moved(p, b, q != NULL || size == 0);
	return record_new(q, size);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return fail(ENOMEM);
	return realloc(p, total);
}

EXPORT void *memalign(size_t align, size_t size)
{
	if (!can_pass_on() || next.memalign == NULL)
		return fail(ENOMEM);
	return record_new(next.memalign(align, size), size);
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	if (!can_pass_on() || next.aligned_alloc == NULL)
		return fail(ENOMEM);
	return record_new(next.aligned_alloc(align, size), size);
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
	if (!can_pass_on() || next.posix_memalign == NULL)
		return ENOMEM;
	int error = next.posix_memalign(out, align, size);
	if (error == 0)
		record_new(*out, size);
	return error;
}

EXPORT void *valloc(size_t size)
{
	if (!can_pass_on() || next.valloc == NULL)
		return fail(ENOMEM);
	return record_new(next.valloc(size), size);
}

EXPORT void *pvalloc(size_t size)
{
	if (!can_pass_on() || next.pvalloc == NULL)
		return fail(ENOMEM);
	return record_new(next.pvalloc(size), size);
}

EXPORT size_t malloc_usable_size(void *p)
{
	if (is_early(p))
		return early_size((uintptr_t)p);
	return can_pass_on() && next.malloc_usable_size != NULL
		       ? next.malloc_usable_size(p)
		       : 0;
}

/* Fork, start. */

void profiler_rate_changed(void)
{
	/* Every call looks at the rate. */
}

static _Thread_local bool fork_is_nested;

static void fork_prepare(void)
{
	struct thread *t = thread_self();

	fork_is_nested = t->busy;
	if (fork_is_nested)
		return;
	thread_enter(t);
	prof_fork_prepare();
}

static void fork_parent(void)
{
	if (fork_is_nested)
		return;
	prof_fork_parent();
	thread_leave(thread_self());
}

static void fork_child(void)
{
	if (fork_is_nested)
		return;
	thread_self()->held = 0;
	prof_fork_child();
	prof_begin_child();
	thread_leave(thread_self());
}

__attribute__((constructor(CONSTRUCTOR_FIRST))) static void record_start(
	int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	can_pass_on();
	os_init();
	if (getauxval(AT_SECURE) != 0)
		return;
	options_read(envp);
	if (options.help)
		options_help();
	pthread_atfork(fork_prepare, fork_parent, fork_child);
	profiler_start();
}
