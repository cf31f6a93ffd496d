/*
 * replace: N blocks alive, one replaced at a time.
 *
 *	replace N OPS [scale]
 *
 * Sizes are mostly small (draw_small_size).  Lifetimes are those of most
 * programs: the place to replace is drawn with a strong bias, so most blocks
 * die young and a few live to the end.
 */
#include "load.h"

int main(int argc, char **argv)
{
	if (argc < 3)
		load_die("usage: replace N OPS [scale]");
	const double scale = load_scale(argc, argv, 3);
	const size_t nlive =
		load_count(scale < 1 ? scale : 1, strtoul(argv[1], NULL, 10));
	const size_t nops = load_count(scale, strtoul(argv[2], NULL, 10));
	struct block **live = load_check(malloc(nlive * sizeof(*live)));
	struct draw d = {3};
	uint64_t sum = 0;

	for (size_t i = 0; i < nlive; i++)
		live[i] = block_draw(&d);
	for (size_t i = 0; i < nops; i++) {
		const size_t victim = draw_skewed(&d, (uint32_t)nlive);

		sum += block_free(live[victim]);
		live[victim] = block_draw(&d);
	}
	for (size_t i = 0; i < nlive; i++)
		sum += block_free(live[i]);
	free(live);
	return load_finish(sum);
}
