/*
 * large: blocks of 32 KiB to 64 MiB, taken and given back over and over.
 *
 *	large [scale]
 *
 * Image and I/O buffers.  A size is a power of two plus a bit, small ones
 * more often, so that each power takes about the same number of bytes.  One
 * byte of every page is written: memory that went back to the kernel too
 * soon is paid for here, memory that did not go back shows as peak RSS.
 */
#include "load.h"

enum {
	LARGE_NOPS = 20000,
	LARGE_NPLACES = 24,   /* blocks alive at a time */
	LARGE_MIN_SHIFT = 15, /* 32 KiB */
	LARGE_MAX_SHIFT = 26, /* 64 MiB */
};

/* Each further power of two is half as likely as the one below. */
static size_t large_draw_size(struct draw *d)
{
	const int nshifts = LARGE_MAX_SHIFT - LARGE_MIN_SHIFT;
	int shift = __builtin_ctzll(draw_bits(d) | 1ull << nshifts);
	const size_t base = (size_t)1 << (LARGE_MIN_SHIFT + shift);

	if (shift == nshifts)
		return base;
	return base + draw_below(d, (uint32_t)base);
}

int main(int argc, char **argv)
{
	const size_t nops = load_count(load_scale(argc, argv, 1), LARGE_NOPS);
	struct block *places[LARGE_NPLACES] = {NULL};
	struct draw d = {8};
	uint64_t sum = 0;

	for (size_t i = 0; i < nops; i++) {
		struct block **place = &places[draw_below(&d, LARGE_NPLACES)];

		if (*place != NULL)
			sum += block_free(*place);
		*place = block_new(large_draw_size(&d), (uint32_t)i);
	}
	for (int i = 0; i < LARGE_NPLACES; i++)
		if (places[i] != NULL)
			sum += block_free(places[i]);
	return load_finish(sum);
}
