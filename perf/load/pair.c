/*
 * pair: the hot pair in one thread, with a few blocks alive beside it.
 *
 *	pair [scale]
 *
 * A parser's temporaries: each of a ring of eight places holds a block for
 * eight operations.
 */
#include "load.h"

enum {
	PAIR_NOPS = 90 * 1000 * 1000,
	PAIR_NPLACES = 8,
	PAIR_NSIZES = 4096,
};

int main(int argc, char **argv)
{
	const double scale = load_scale(argc, argv, 1);
	const size_t nops = load_count(scale, PAIR_NOPS);
	static uint16_t sizes[PAIR_NSIZES];
	struct block *places[PAIR_NPLACES] = {NULL};
	struct draw d = {1};
	uint64_t sum = 0;

	for (int i = 0; i < PAIR_NSIZES; i++)
		sizes[i] = (uint16_t)draw_range(&d, 16, 512);
	for (size_t i = 0; i < nops; i++) {
		struct block **place = &places[i % PAIR_NPLACES];

		if (*place != NULL)
			sum += block_free(*place);
		*place = block_new(sizes[i % PAIR_NSIZES], (uint32_t)i);
	}
	for (int i = 0; i < PAIR_NPLACES; i++)
		if (places[i] != NULL)
			sum += block_free(places[i]);
	return load_finish(sum);
}
