/*
 * cxx_new: C++ operator new and operator delete, by their mangled names.
 *
 *   operator new -> the heap -> memory
 *                      |
 *                      +-> none: the next operator new of that form, which is
 *                          the C++ runtime's, and which calls our malloc,
 *                          runs the new_handler, tries again, and in the end
 *                          throws bad_alloc or, nothrow, returns NULL
 *
 * So the library needs no C++ runtime and no exception passes through a frame
 * of ours that would have to be unwound.  The runtime is the next definition
 * in the search order; a program in C that loaded a C++ plugin has it in a
 * scope of its own, where it is found by name.  Without a runtime nobody can
 * throw: the throwing forms die.
 *
 * operator delete passes over the size and the alignment it is told.  Programs
 * that delete a derived object through a base without a virtual destructor
 * tell a wrong one and run everywhere else.
 *
 * Context:    any; failing allocations only where dlsym may be called.
 */
#include <stdlib.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/heap.h"
#include "preload/cxx_runtime.h"
#include "preload/exports.h"

/* A std::nothrow_t: only its presence matters. */
struct nothrow;

/* The four shapes of operator new. */
typedef void *new_fn(size_t);
typedef void *new_nothrow_fn(size_t, const struct nothrow *);
typedef void *new_aligned_fn(size_t, size_t);
typedef void *new_aligned_nothrow_fn(size_t, size_t, const struct nothrow *);

static COLD void *cxx_find_throwing(const char *name, size_t size)
{
	void *found = cxx_runtime_find(name);

	if (found == NULL)
		fatal("operator new: no memory for %zu bytes", size);
	return found;
}

static COLD void *new_slow(const char *name, size_t size)
{
	void *p = heap_alloc_slow(size);

	return p != NULL ? p : ((new_fn *)cxx_find_throwing(name, size))(size);
}

static COLD void *new_nothrow_slow(
	const char *name, size_t size, const struct nothrow *tag)
{
	void *p = heap_alloc_slow(size);
	if (p != NULL)
		return p;

	new_nothrow_fn *next = cxx_runtime_find(name);
	return next != NULL ? next(size, tag) : NULL;
}

static COLD void *new_aligned_slow(const char *name, size_t size, size_t align)
{
	return ((new_aligned_fn *)cxx_find_throwing(name, size))(size, align);
}

static COLD void *new_aligned_nothrow_slow(
	const char *name, size_t size, size_t align, const struct nothrow *tag)
{
	new_aligned_nothrow_fn *next = cxx_runtime_find(name);

	return next != NULL ? next(size, align, tag) : NULL;
}

/* An alignment that is none is left to the runtime to refuse. */
static void *new_try_aligned(size_t size, size_t align)
{
	return is_pow2(align) ? heap_alloc_aligned(size, align) : NULL;
}

/* A C++ compiler declares these by itself; C has to be told. */
void *_Znwm(size_t size);
void *_Znam(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const struct nothrow *tag);
void *_ZnamRKSt9nothrow_t(size_t size, const struct nothrow *tag);
void *_ZnwmSt11align_val_t(size_t size, size_t align);
void *_ZnamSt11align_val_t(size_t size, size_t align);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(
	size_t size, size_t align, const struct nothrow *tag);
void *_ZnamSt11align_val_tRKSt9nothrow_t(
	size_t size, size_t align, const struct nothrow *tag);
void _ZdlPv(void *p);
void _ZdlPvm(void *p, size_t size);
void _ZdlPvRKSt9nothrow_t(void *p, const struct nothrow *tag);
void _ZdlPvSt11align_val_t(void *p, size_t align);
void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(
	void *p, size_t align, const struct nothrow *tag);
void _ZdaPv(void *p);
void _ZdaPvm(void *p, size_t size);
void _ZdaPvRKSt9nothrow_t(void *p, const struct nothrow *tag);
void _ZdaPvSt11align_val_t(void *p, size_t align);
void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(
	void *p, size_t align, const struct nothrow *tag);

EXPORT void *_Znwm(size_t size)
{
	void *p = heap_try_alloc(size);

	return likely(p != NULL) ? p : new_slow("_Znwm", size);
}

EXPORT void *_Znam(size_t size)
{
	void *p = heap_try_alloc(size);

	return likely(p != NULL) ? p : new_slow("_Znam", size);
}

EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const struct nothrow *tag)
{
	void *p = heap_try_alloc(size);

	return likely(p != NULL)
		       ? p
		       : new_nothrow_slow("_ZnwmRKSt9nothrow_t", size, tag);
}

EXPORT void *_ZnamRKSt9nothrow_t(size_t size, const struct nothrow *tag)
{
	void *p = heap_try_alloc(size);

	return likely(p != NULL)
		       ? p
		       : new_nothrow_slow("_ZnamRKSt9nothrow_t", size, tag);
}

EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t align)
{
	void *p = new_try_aligned(size, align);

	return likely(p != NULL)
		       ? p
		       : new_aligned_slow("_ZnwmSt11align_val_t", size, align);
}

EXPORT void *_ZnamSt11align_val_t(size_t size, size_t align)
{
	void *p = new_try_aligned(size, align);

	return likely(p != NULL)
		       ? p
		       : new_aligned_slow("_ZnamSt11align_val_t", size, align);
}

EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(
	size_t size, size_t align, const struct nothrow *tag)
{
	void *p = new_try_aligned(size, align);

	return likely(p != NULL) ? p
				 : new_aligned_nothrow_slow(
					   "_ZnwmSt11align_val_tRKSt9nothrow_t",
					   size, align, tag);
}

EXPORT void *_ZnamSt11align_val_tRKSt9nothrow_t(
	size_t size, size_t align, const struct nothrow *tag)
{
	void *p = new_try_aligned(size, align);

	return likely(p != NULL) ? p
				 : new_aligned_nothrow_slow(
					   "_ZnamSt11align_val_tRKSt9nothrow_t",
					   size, align, tag);
}

EXPORT void _ZdlPv(void *p)
{
	heap_free(p);
}

EXPORT void _ZdlPvm(void *p, size_t size)
{
	(void)size;
	heap_free(p);
}

EXPORT void _ZdlPvRKSt9nothrow_t(void *p, const struct nothrow *tag)
{
	(void)tag;
	heap_free(p);
}

EXPORT void _ZdlPvSt11align_val_t(void *p, size_t align)
{
	(void)align;
	heap_free(p);
}

EXPORT void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	(void)size;
	(void)align;
	heap_free(p);
}

EXPORT void _ZdlPvSt11align_val_tRKSt9nothrow_t(
	void *p, size_t align, const struct nothrow *tag)
{
	(void)align;
	(void)tag;
	heap_free(p);
}

EXPORT void _ZdaPv(void *p)
{
	heap_free(p);
}

EXPORT void _ZdaPvm(void *p, size_t size)
{
	(void)size;
	heap_free(p);
}

EXPORT void _ZdaPvRKSt9nothrow_t(void *p, const struct nothrow *tag)
{
	(void)tag;
	heap_free(p);
}

EXPORT void _ZdaPvSt11align_val_t(void *p, size_t align)
{
	(void)align;
	heap_free(p);
}

EXPORT void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align)
{
	(void)size;
	(void)align;
	heap_free(p);
}

EXPORT void _ZdaPvSt11align_val_tRKSt9nothrow_t(
	void *p, size_t align, const struct nothrow *tag)
{
	(void)align;
	(void)tag;
	heap_free(p);
}
