/*
 * malloc: the C, POSIX, GNU and BSD allocation functions.
 *
 * What each function owes its caller beyond memory is done here and nowhere
 * else: errno, which requests are refused, which sizes are rounded.  The rest
 * is core/heap.h.
 *
 *   no memory, or more than PTRDIFF_MAX bytes    NULL, ENOMEM
 *   an alignment that the standard forbids       NULL, EINVAL
 *   no bytes                                     a unique object, except in
 *                                                realloc(p, 0), which frees p
 *
 * malloc and free are one inlined fast path each, without a stack frame; the
 * slow path is called from its end.  free never changes errno: nothing below
 * it does.
 *
 * Context:    any.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/bits.h"
#include "core/heap.h"
#include "core/options.h"
#include "core/os.h"
#include "preload/exports.h"

enum { LARGEST_ALIGN_SHIFT = 63 /* 2^63 is the last power of two */ };

static NOINLINE void *malloc_slow(size_t size)
{
	void *p = heap_alloc_slow(size);

	return p != NULL ? p : fail(ENOMEM);
}

EXPORT void *malloc(size_t size)
{
	void *p = heap_try_alloc(size);

	return likely(p != NULL) ? p : malloc_slow(size);
}

EXPORT void free(void *p)
{
	heap_free(p);
}

EXPORT void *calloc(size_t n, size_t size)
{
	size_t total;

	if (unlikely(__builtin_mul_overflow(n, size, &total)))
		return fail(ENOMEM);
	void *p = heap_alloc_zeroed(total);
	return likely(p != NULL) ? p : fail(ENOMEM);
}

/* realloc(p, 0), p not NULL: C leaves it open, the user may choose. */
static COLD void *realloc_to_nothing(void *p)
{
	if (options.zero_realloc == ZERO_REALLOC_FREE) {
		heap_free(p);
		return NULL;
	}
	void *moved = heap_realloc(p, 1);
	return moved != NULL ? moved : fail(ENOMEM);
}

EXPORT void *realloc(void *p, size_t size)
{
	if (unlikely(p == NULL))
		return malloc(size);
	if (unlikely(size == 0))
		return realloc_to_nothing(p);
	void *moved = heap_realloc(p, size);
	return likely(moved != NULL) ? moved : fail(ENOMEM);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t total;

	if (unlikely(__builtin_mul_overflow(n, size, &total)))
		return fail(ENOMEM);
	return realloc(p, total);
}

EXPORT void *reallocf(void *p, size_t size)
{
	void *moved = realloc(p, size);

	if (unlikely(moved == NULL) && size > 0)
		heap_free(p);
	return moved;
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
	if (!is_pow2(align) || align % sizeof(void *) != 0)
		return EINVAL;
	void *p = heap_alloc_aligned(size, align);
	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	if (!is_pow2(align))
		return fail(EINVAL);
	void *p = heap_alloc_aligned(size, align);
	return p != NULL ? p : fail(ENOMEM);
}

/* As glibc: an alignment between two powers of two means the greater. */
EXPORT void *memalign(size_t align, size_t size)
{
	const size_t largest = (size_t)1 << LARGEST_ALIGN_SHIFT;

	if (align > largest)
		return fail(EINVAL);
	if (align <= 1)
		return malloc(size);
	return aligned_alloc((size_t)2 << floor_log2(align - 1), size);
}

EXPORT void *valloc(size_t size)
{
	return aligned_alloc(os_page_size, size);
}

EXPORT void *pvalloc(size_t size)
{
	if (size > PTRDIFF_MAX)
		return fail(ENOMEM);
	return aligned_alloc(os_page_size, align_up(size, os_page_size));
}

EXPORT void free_sized(void *p, size_t size)
{
	heap_free_sized(p, size, 0);
}

EXPORT void free_aligned_sized(void *p, size_t align, size_t size)
{
	heap_free_sized(p, size, align);
}

EXPORT void cfree(void *p)
{
	heap_free(p);
}

EXPORT size_t malloc_usable_size(void *p)
{
	return heap_usable_size(p);
}

EXPORT size_t malloc_size(const void *p)
{
	return heap_usable_size(p);
}

EXPORT size_t malloc_good_size(size_t size)
{
	if (size > PTRDIFF_MAX)
		return size;
	if (size > SMALL_MAX)
		return align_up(size, GO_PAGE_SIZE);
	if (size <= 8 && !options.tiny)
		size = 16;
	return sizeclass_table[sizeclass_of(size)].size;
}

/* The attributes are the header's; gcc wants an alias to have them too. */
#if __has_attribute(copy)
#define ALIAS(of) EXPORT __attribute__((alias(#of), copy(of)))
#else
#define ALIAS(of) EXPORT __attribute__((alias(#of)))
#endif

ALIAS(malloc) void *__libc_malloc(size_t size);
ALIAS(free) void __libc_free(void *p);
ALIAS(calloc) void *__libc_calloc(size_t n, size_t size);
ALIAS(realloc) void *__libc_realloc(void *p, size_t size);
ALIAS(reallocarray) void *__libc_reallocarray(void *p, size_t n, size_t size);
ALIAS(memalign) void *__libc_memalign(size_t align, size_t size);
ALIAS(valloc) void *__libc_valloc(size_t size);
ALIAS(pvalloc) void *__libc_pvalloc(size_t size);
ALIAS(posix_memalign) int __posix_memalign(void **out, size_t a, size_t size);
