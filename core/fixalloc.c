/*
 * fixalloc: one free list per kind and number of cache lines over growing
 * chunks.
 *
 *   chunk from the OS -> cut from the front -> used -> free list -> used ...
 *
 * Chunks start small and double, so that a small heap pays for little and a
 * large one maps seldom.
 *
 * Locking:    mheap.
 */
#include "core/fixalloc.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/os.h"
#include "core/os_own.h"

enum {
	CHUNK_FIRST = 64 << 10,
	CHUNK_MAX = 1 << 20,
};

/* A piece on a free list: only its first word is touched. */
struct free_piece {
	struct free_piece *next; /* same kind, same number of lines */
};

static struct free_piece *free_lists[FIXALLOC_NKINDS][FIXALLOC_MAX_LINES + 1];
static uintptr_t chunk_at, chunk_end; /* what is left of the last chunk */
static size_t chunk_size = CHUNK_FIRST;
static size_t inuse_bytes, sys_bytes;

static bool chunk_renew(size_t need)
{
	size_t size =
		need > chunk_size ? align_up(need, os_page_size) : chunk_size;
	void *chunk = os_own_map(size);

	if (chunk == NULL && size > need) {
		size = align_up(need, os_page_size); /* near a limit */
		chunk = os_own_map(size);
	}
	if (chunk == NULL)
		return false;
	chunk_at = (uintptr_t)chunk;
	chunk_end = chunk_at + size;
	sys_bytes += size;
	if (chunk_size < CHUNK_MAX)
		chunk_size *= 2;
	return true;
}

void *fixalloc_forever(size_t size)
{
	size = align_up(size, FIXALLOC_LINE);
	if (chunk_end - chunk_at < size && !chunk_renew(size))
		return NULL;
	void *p = (void *)chunk_at;
	chunk_at += size;
	inuse_bytes += size;
	return p;
}

void *fixalloc_take(enum fixalloc_kind kind, unsigned nlines)
{
	check(nlines <= FIXALLOC_MAX_LINES);
	struct free_piece *p = free_lists[kind][nlines];

	if (p == NULL)
		return fixalloc_forever((size_t)nlines * FIXALLOC_LINE);
	free_lists[kind][nlines] = p->next;
	inuse_bytes += (size_t)nlines * FIXALLOC_LINE;
	return p;
}

void fixalloc_give(enum fixalloc_kind kind, void *p, unsigned nlines)
{
	struct free_piece *piece = p;

	piece->next = free_lists[kind][nlines];
	free_lists[kind][nlines] = piece;
	inuse_bytes -= (size_t)nlines * FIXALLOC_LINE;
}

size_t fixalloc_inuse(void)
{
	return inuse_bytes;
}

size_t fixalloc_sys(void)
{
	return sys_bytes;
}
