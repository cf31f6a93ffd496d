/*
 * dirtymap: a sorted array, doubled when it is full.
 *
 * The map is built anew in every cycle, mostly in order of address, so that
 * adding is appending.  Its memory comes from the OS and stays.
 */
#include "gc/dirtymap.h"

#include "core/bits.h"
#include "core/fatal.h"
#include "core/os.h"
#include "core/os_own.h"

void dirtymap_clear(struct dirtymap *m)
{
	m->npieces = 0;
}

/* Room for one more. */
static bool reserve_one(struct dirtymap *m)
{
	if (m->npieces < m->capacity)
		return true;

	const size_t old_size = m->capacity * sizeof(m->pieces[0]);
	const size_t size = old_size == 0 ? os_page_size : 2 * old_size;
	struct dirtymap_piece *pieces = os_own_map(size);
	if (pieces == NULL)
		return false;
	if (old_size != 0) {
		__builtin_memcpy(
			pieces, m->pieces, m->npieces * sizeof(m->pieces[0]));
		os_own_unmap(m->pieces, old_size);
	}
	m->pieces = pieces;
	m->capacity = size / sizeof(m->pieces[0]);
	return true;
}

static void move_pieces(struct dirtymap *m, size_t from, size_t to)
{
	if (from < m->npieces)
		__builtin_memmove(&m->pieces[to], &m->pieces[from],
			(m->npieces - from) * sizeof(m->pieces[0]));
	m->npieces = m->npieces + to - from;
}

static bool insert_at(struct dirtymap *m, size_t index, uintptr_t lo,
	uintptr_t hi, uint32_t lost)
{
	if (!reserve_one(m))
		return false;
	move_pieces(m, index, index + 1);
	m->pieces[index] = (struct dirtymap_piece){lo, hi, lost};
	return true;
}

size_t dirtymap_find(const struct dirtymap *m, uintptr_t addr)
{
	size_t low = 0, high = m->npieces;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (m->pieces[middle].hi > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool dirtymap_add(struct dirtymap *m, uintptr_t lo, uintptr_t hi, uint32_t lost)
{
	check(lo < hi && lo / DIRTYMAP_PIECE == (hi - 1) / DIRTYMAP_PIECE);
	const size_t index = dirtymap_find(m, lo);
	check(index == m->npieces || m->pieces[index].lo >= hi);
	return insert_at(m, index, lo, hi, lost);
}

bool dirtymap_remove(struct dirtymap *m, uintptr_t lo, uintptr_t hi)
{
	size_t index = dirtymap_find(m, lo);
	bool had_memory = true;

	if (index < m->npieces && m->pieces[index].lo < lo) {
		struct dirtymap_piece *p = &m->pieces[index];
		const uintptr_t end = p->hi;
		p->hi = lo;
		index++;
		if (end > hi)
			had_memory = insert_at(m, index, hi, end, p->lost);
	}
	size_t last = index;
	while (last < m->npieces && m->pieces[last].hi <= hi)
		last++;
	move_pieces(m, last, index);
	if (index < m->npieces && m->pieces[index].lo < hi)
		m->pieces[index].lo = hi;
	return had_memory;
}

void dirtymap_verify(const struct dirtymap *m)
{
	uintptr_t end = 0;

	check(m->npieces <= m->capacity);
	for (size_t i = 0; i < m->npieces; i++) {
		const struct dirtymap_piece *p = &m->pieces[i];
		check(p->lo >= end && p->lo < p->hi);
		check(p->lo / DIRTYMAP_PIECE == (p->hi - 1) / DIRTYMAP_PIECE);
		end = p->hi;
	}
}
