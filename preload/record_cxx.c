/*
 * record_cxx: operator new and delete for the recorder, passed on to the next
 * of the same name: the C++ runtime's, or the next allocator's own.
 *
 * The runtime's calls malloc, which is ours too: that call is a part of this
 * one and is not sampled (record_inside).  operator new may leave by an
 * exception; then `inside` keeps a frame that is gone, which the next call
 * puts right.
 *
 * Context:    any, as far as the next allocator allows.
 */
#include <stdlib.h>

#include "core/fatal.h"
#include "preload/cxx_runtime.h"
#include "preload/exports.h"
#include "preload/record.h"

struct nothrow;

static COLD void *find(const char *name)
{
	void *found = cxx_runtime_find(name);

	if (found == NULL)
		fatal("record: there is no %s to pass calls on to", name);
	return found;
}

/*
 * X(name, parameters, arguments): each form.  size is among the parameters
 * of the first list, p among those of the second.
 */
#define FOR_EACH_NEW(X)                                                        \
	X(_Znwm, (size_t size), (size))                                        \
	X(_Znam, (size_t size), (size))                                        \
	X(_ZnwmRKSt9nothrow_t, (size_t size, const struct nothrow *tag),       \
		(size, tag))                                                   \
	X(_ZnamRKSt9nothrow_t, (size_t size, const struct nothrow *tag),       \
		(size, tag))                                                   \
	X(_ZnwmSt11align_val_t, (size_t size, size_t align), (size, align))    \
	X(_ZnamSt11align_val_t, (size_t size, size_t align), (size, align))    \
	X(_ZnwmSt11align_val_tRKSt9nothrow_t,                                  \
		(size_t size, size_t align, const struct nothrow *tag),        \
		(size, align, tag))                                            \
	X(_ZnamSt11align_val_tRKSt9nothrow_t,                                  \
		(size_t size, size_t align, const struct nothrow *tag),        \
		(size, align, tag))

#define FOR_EACH_DELETE(X)                                                     \
	X(_ZdlPv, (void *p), (p))                                              \
	X(_ZdaPv, (void *p), (p))                                              \
	X(_ZdlPvm, (void *p, size_t size), (p, size))                          \
	X(_ZdaPvm, (void *p, size_t size), (p, size))                          \
	X(_ZdlPvRKSt9nothrow_t, (void *p, const struct nothrow *tag),          \
		(p, tag))                                                      \
	X(_ZdaPvRKSt9nothrow_t, (void *p, const struct nothrow *tag),          \
		(p, tag))                                                      \
	X(_ZdlPvSt11align_val_t, (void *p, size_t align), (p, align))          \
	X(_ZdaPvSt11align_val_t, (void *p, size_t align), (p, align))          \
	X(_ZdlPvmSt11align_val_t, (void *p, size_t size, size_t align),        \
		(p, size, align))                                              \
	X(_ZdaPvmSt11align_val_t, (void *p, size_t size, size_t align),        \
		(p, size, align))                                              \
	X(_ZdlPvSt11align_val_tRKSt9nothrow_t,                                 \
		(void *p, size_t align, const struct nothrow *tag),            \
		(p, align, tag))                                               \
	X(_ZdaPvSt11align_val_tRKSt9nothrow_t,                                 \
		(void *p, size_t align, const struct nothrow *tag),            \
		(p, align, tag))

#define DEFINE_NEW(name, parameters, arguments)                                \
	void *name parameters;                                                 \
	EXPORT void *name parameters                                           \
	{                                                                      \
		static void *(*next)parameters;                                \
		if (unlikely(load_relaxed(&next) == NULL))                     \
			store_relaxed(&next, find(#name));                     \
		uintptr_t old = record_inside();                               \
		void *p = load_relaxed(&next) arguments;                       \
		record_outside(old);                                           \
		return record_new(p, size);                                    \
	}

#define DEFINE_DELETE(name, parameters, arguments)                             \
	void name parameters;                                                  \
	EXPORT void name parameters                                            \
	{                                                                      \
		static void(*next) parameters;                                 \
		if (unlikely(load_relaxed(&next) == NULL))                     \
			store_relaxed(&next, find(#name));                     \
		record_free(p);                                                \
		load_relaxed(&next) arguments;                                 \
	}

FOR_EACH_NEW(DEFINE_NEW)
FOR_EACH_DELETE(DEFINE_DELETE)
