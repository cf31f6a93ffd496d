/*
 * batch: allocate a batch, free it newest first or oldest first.
 *
 *	batch lifo|fifo [scale]
 *
 * Batches of 10 to 5,000 blocks: a stack of frames or a queue of requests
 * that fills and drains.
 */
#include <string.h>

#include "load.h"

enum {
	BATCH_NOPS = 12 * 1000 * 1000,
	BATCH_MIN = 10,
	BATCH_MAX = 5000,
};

static uint64_t batch_run_one(struct draw *d, bool is_lifo, size_t nblocks)
{
	static struct block *blocks[BATCH_MAX];
	uint64_t sum = 0;

	for (size_t i = 0; i < nblocks; i++)
		blocks[i] = block_draw(d);
	for (size_t i = 0; i < nblocks; i++)
		sum += block_free(blocks[is_lifo ? nblocks - 1 - i : i]);
	return sum;
}

int main(int argc, char **argv)
{
	if (argc < 2 ||
		(strcmp(argv[1], "lifo") != 0 && strcmp(argv[1], "fifo") != 0))
		load_die("usage: batch lifo|fifo [scale]");
	const bool is_lifo = argv[1][0] == 'l';
	const size_t nops = load_count(load_scale(argc, argv, 2), BATCH_NOPS);
	struct draw d = {2};
	uint64_t sum = 0;

	for (size_t done = 0; done < nops;) {
		const size_t nblocks = draw_range(&d, BATCH_MIN, BATCH_MAX);

		sum += batch_run_one(&d, is_lifo, nblocks);
		done += nblocks;
	}
	return load_finish(sum);
}
