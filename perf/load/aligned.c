/*
 * aligned: blocks with alignments of 16 bytes to 64 KiB among ordinary ones.
 *
 *	aligned [scale]
 *
 * Half of the calls are plain malloc; of the rest most ask for a cache line
 * (vector code), some for a page (I/O buffers), few for more.  All three
 * entry points are used.  Waste on alignment shows as RSS.  256 is left out:
 * mimalloc 2.0.9 does not always keep it, and then there is nothing to compare.
 */
#include <malloc.h>

#include "load.h"

enum {
	ALIGNED_NOPS = 5 * 1000 * 1000,
	ALIGNED_NPLACES = 50 * 1000,
};

static size_t aligned_draw_alignment(struct draw *d)
{
	const uint32_t percent = draw_below(d, 100);

	if (percent < 40)
		return 16;
	if (percent < 60)
		return 32;
	if (percent < 94)
		return 64;
	if (percent < 97)
		return 128;
	if (percent < 99)
		return 4096;
	return 65536;
}

static void *aligned_alloc_some_way(struct draw *d, size_t size)
{
	const size_t alignment = aligned_draw_alignment(d);
	void *p = NULL;

	switch (draw_below(d, 6)) {
	case 0: p = aligned_alloc(alignment, size); break;
	case 1: p = memalign(alignment, size); break;
	case 2:
		if (posix_memalign(&p, alignment, size) != 0)
			load_die("posix_memalign failed");
		break;
	default: return malloc(size);
	}
	if ((uintptr_t)p % alignment != 0)
		load_die("a block is not aligned");
	return p;
}

static struct block *aligned_new_block(struct draw *d)
{
	const size_t size = draw_small_size(d);
	void *p = aligned_alloc_some_way(d, size);

	return block_init(p, size, (uint32_t)draw_bits(d));
}

int main(int argc, char **argv)
{
	const size_t nops = load_count(load_scale(argc, argv, 1), ALIGNED_NOPS);
	static struct block *places[ALIGNED_NPLACES];
	struct draw d = {11};
	uint64_t sum = 0;

	for (size_t i = 0; i < nops; i++) {
		struct block **place =
			&places[draw_skewed(&d, ALIGNED_NPLACES)];

		if (*place != NULL)
			sum += block_free(*place);
		*place = aligned_new_block(&d);
	}
	for (int i = 0; i < ALIGNED_NPLACES; i++)
		if (places[i] != NULL)
			sum += block_free(places[i]);
	return load_finish(sum);
}
