/*
 * dirtymap: which addresses are tracked, in pieces of at most 64 MiB.
 *
 * A piece is the most that is scanned in one go, since the kernel holds the
 * lock on the process's mappings meanwhile.  What is lost in one go is a grain
 * of it: the part between two multiples of 2 MiB, a bit each.
 *
 * Invariant: pieces are in order, disjoint, not empty, and none crosses a
 *            multiple of DIRTYMAP_PIECE.
 * Context:   one thread changes the map while nobody else uses it.
 */
#ifndef GC_DIRTYMAP_H
#define GC_DIRTYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIRTYMAP_PIECE (UINT64_C(64) << 20)  /* bytes */
#define DIRTYMAP_GRAIN (DIRTYMAP_PIECE / 32) /* bytes */

struct dirtymap_piece {
	uintptr_t lo;  /* first byte */
	uintptr_t hi;  /* behind the last byte */
	uint32_t lost; /* atomic: a bit per grain, by its address; 1 = what was
			  written there is not known */
};

/* Zero is an empty map. */
struct dirtymap {
	struct dirtymap_piece *pieces; /* in order of address */
	size_t npieces;                /* in use */
	size_t capacity;               /* that fit in the memory at pieces */
};

/* Forgets all pieces; keeps the memory. */
void dirtymap_clear(struct dirtymap *m);

/*
 * Adds one piece, which overlaps none in the map and crosses no multiple of
 * DIRTYMAP_PIECE.  false: no memory, the map is as before.
 */
bool dirtymap_add(
	struct dirtymap *m, uintptr_t lo, uintptr_t hi, uint32_t lost);

/*
 * Takes the range out; pieces that lie partly in it are cut.  false: no
 * memory to cut one in two; then all of that piece is out.
 */
bool dirtymap_remove(struct dirtymap *m, uintptr_t lo, uintptr_t hi);

/* The bit in `lost` of the grain that addr lies in. */
static inline uint32_t dirtymap_lost_bit(uintptr_t addr)
{
	return UINT32_C(1) << (addr / DIRTYMAP_GRAIN % 32);
}

/* Index of the first piece that ends behind addr; npieces: none does. */
size_t dirtymap_find(const struct dirtymap *m, uintptr_t addr);

/* Dies unless the invariant holds. */
void dirtymap_verify(const struct dirtymap *m);

#endif
