/*
 * new: operator new and delete, by their mangled names, as malloc and free.
 *
 * An allocator that has operators of its own would be called past the probe.
 * Where malloc has no memory the next operator new is asked: it knows how to
 * throw.
 *
 * Context:    as malloc.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* As operator new throws: out of C code that has unwind tables. */
static void *new_fails(const char *name, size_t size)
{
	void *(*next)(size_t);
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	memcpy(&next, &found, sizeof next);
	return next(size);
}

static void *new_fails_aligned(const char *name, size_t size, size_t align)
{
	void *(*next)(size_t, size_t);
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	memcpy(&next, &found, sizeof next);
	return next(size, align);
}

#define NEW(name)                                                              \
	EXPORT void *name(size_t size);                                        \
	void *name(size_t size)                                                \
	{                                                                      \
		void *p = malloc(size);                                        \
		return p != NULL ? p : new_fails(#name, size);                 \
	}                                                                      \
	EXPORT void *name##RKSt9nothrow_t(size_t size, const void *tag);       \
	void *name##RKSt9nothrow_t(size_t size, const void *tag)               \
	{                                                                      \
		(void)tag;                                                     \
		return malloc(size);                                           \
	}                                                                      \
	EXPORT void *name##St11align_val_t(size_t size, size_t align);         \
	void *name##St11align_val_t(size_t size, size_t align)                 \
	{                                                                      \
		void *p = memalign(align, size);                               \
		return p != NULL ? p                                           \
				 : new_fails_aligned(#name "St11align_val_t",  \
					   size, align);                       \
	}                                                                      \
	EXPORT void *name##St11align_val_tRKSt9nothrow_t(                      \
		size_t size, size_t align, const void *tag);                   \
	void *name##St11align_val_tRKSt9nothrow_t(                             \
		size_t size, size_t align, const void *tag)                    \
	{                                                                      \
		(void)tag;                                                     \
		return memalign(align, size);                                  \
	}

/* Sizes, alignments and tags do not matter to free. */
#define DELETE(name)                                                           \
	EXPORT void name(void *p);                                             \
	void name(void *p)                                                     \
	{                                                                      \
		free(p);                                                       \
	}

NEW(_Znwm)
NEW(_Znam)
DELETE(_ZdlPv)
DELETE(_ZdlPvm)
DELETE(_ZdlPvRKSt9nothrow_t)
DELETE(_ZdlPvSt11align_val_t)
DELETE(_ZdlPvmSt11align_val_t)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE(_ZdaPv)
DELETE(_ZdaPvm)
DELETE(_ZdaPvRKSt9nothrow_t)
DELETE(_ZdaPvSt11align_val_t)
DELETE(_ZdaPvmSt11align_val_t)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)
