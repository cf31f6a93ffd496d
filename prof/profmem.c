/*
 * profmem: stacks and buckets are cut from chunks and stay for good; hash
 * tables are mappings of their own, replaced when they grow.
 *
 * Locking:    prof.
 */
#include "prof/profmem.h"

#include <stdint.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os_own.h"

enum {
	CHUNK_SIZE = 256 << 10,
	PIECE_ALIGN = 16,
};

static uintptr_t chunk_at, chunk_end; /* what is left of the last chunk */
static size_t mapped_bytes;

void *profmem_map(size_t size)
{
	void *table = os_own_map(size);

	if (table != NULL)
		fetch_add_relaxed(&mapped_bytes, size);
	return table;
}

void profmem_unmap(void *table, size_t size)
{
	if (table == NULL)
		return;
	os_own_unmap(table, size);
	fetch_sub_relaxed(&mapped_bytes, size);
}

void *profmem_take(size_t size)
{
	size = align_up(size, PIECE_ALIGN);
	if (size > CHUNK_SIZE)
		return NULL;
	if (chunk_end - chunk_at < size) {
		void *chunk = profmem_map(CHUNK_SIZE);
		if (chunk == NULL)
			return NULL;
		chunk_at = (uintptr_t)chunk;
		chunk_end = chunk_at + CHUNK_SIZE;
	}
	void *p = (void *)chunk_at;
	chunk_at += size;
	return p;
}

size_t profmem_bytes(void)
{
	return load_relaxed(&mapped_bytes);
}
