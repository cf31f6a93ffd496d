/*
 * sizeclass: from a request's size to the class that serves it.
 *
 *   n <= 1024   class = size_to_class8[(n + 7) / 8]
 *   n <= 32768  class = size_to_class128[(n - 1024 + 127) / 128]
 *
 * Class 0 stands for one large object in a span of its own.  Class 1 is the
 * tiny class, 8 bytes.  Every other size is a multiple of 16, so an object of
 * more than 8 bytes is aligned for any C type.  sizeclass_gen.c holds the
 * policy and writes the tables when the library is built.
 *
 * Divisions by an object size go through the class's magic, ceil(2^64/size):
 * for an offset below 2^32 the high word of offset * magic is the index of
 * the object, and the low word is below magic exactly when the offset is the
 * object's first byte.  Class 0 has magic 1, which says index 0 for every
 * offset and "first byte" for offset 0 only, so it needs no test of its own.
 */
#ifndef CORE_SIZECLASS_H
#define CORE_SIZECLASS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bits.h"
#include "core/compiler.h"

enum {
	GO_PAGE_SHIFT = 13,                /* Go's page, not the kernel's */
	GO_PAGE_SIZE = 1 << GO_PAGE_SHIFT, /* bytes */
	SMALL_MAX = 32768,                 /* largest size with a class */
	NCLASSES = 67,                     /* class 0 included */
	MAX_NELEMS = 1024,                 /* objects per span at most */
	MAX_SPAN_PAGES = 16,               /* pages per small span at most */
	SIZE8_MAX = 1024,                  /* last size in size_to_class8 */
	NSIZE8 = 1024 / 8 + 1,             /* entries of size_to_class8 */
	NSIZE128 = 31744 / 128 + 1,        /* entries of size_to_class128 */
};

/* One size class.  Constant; class 0 is {.magic = 1, .nelems_* = 1}. */
struct size_class {
	uint64_t magic;        /* ceil(2^64 / size) */
	uint32_t size;         /* bytes per object; 0 in class 0 */
	uint8_t npages_first;  /* pages of a span while the class is quiet */
	uint8_t npages_big;    /* pages of a span once the class is busy */
	uint16_t nelems_first; /* objects in npages_first pages */
	uint16_t nelems_big;   /* objects in npages_big pages */
};
static_assert(sizeof(struct size_class) == 24, "three words per class");

/* Every class, by number. */
extern const struct size_class sizeclass_table[NCLASSES] HIDDEN;

/* Class by size in units of 8 bytes, rounded up. */
extern const uint8_t size_to_class8[NSIZE8] HIDDEN;

/* Class by size above 1024 in units of 128 bytes, rounded up. */
extern const uint8_t size_to_class128[NSIZE128] HIDDEN;

/* The smallest class that holds n bytes; n <= SMALL_MAX.  0 gives class 1. */
static inline unsigned sizeclass_of(size_t n)
{
	if (likely(n <= SIZE8_MAX))
		return size_to_class8[(n + 7) / 8];
	return size_to_class128[(n - SIZE8_MAX + 127) / 128];
}

/*
 * The smallest class of at least n bytes whose objects all start at a
 * multiple of align, a power of two; 0 when only a large span will do.
 */
static inline unsigned sizeclass_of_aligned(size_t n, size_t align)
{
	if (n > SMALL_MAX || align > GO_PAGE_SIZE)
		return 0;

	n = align_up(n, align);
	if (n > SMALL_MAX)
		return 0;
	unsigned found = sizeclass_of(n);
	while (sizeclass_table[found].size % align != 0) {
		if (++found == NCLASSES)
			return 0;
	}
	return found;
}

/* Index of the object that byte `offset` of a span lies in; below 2^32. */
static inline unsigned sizeclass_index(uint64_t magic, uint64_t offset)
{
	return (unsigned)(((unsigned __int128)offset * magic) >> 64);
}

/* Whether an object starts at byte `offset` of a span; below 2^32. */
static inline bool sizeclass_is_start(uint64_t magic, uint64_t offset)
{
	return offset * magic < magic;
}

#endif
