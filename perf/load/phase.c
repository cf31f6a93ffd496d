/*
 * phase: a program that changes what it allocates.
 *
 *	phase [scale]
 *
 * Ten phases; each fills about 48 MB with blocks around one size, churns
 * them, then frees all but one in 500 and goes on to the next size.  The
 * memory of the old phase must serve the new one: peak RSS well above 60 MB
 * is memory that a size class, or a fragmented heap, kept for itself.
 */
#include "load.h"

enum {
	PHASE_BYTES = 48 << 20, /* live at the height of a phase */
	PHASE_KEEP = 500,       /* one in so many lives to the end */
	PHASE_MAX_BLOCKS = PHASE_BYTES / 24,
	PHASE_MAX_KEPT = 1 << 16,
};

/* The middle sizes, in an order that is neither rising nor falling. */
static const size_t phase_sizes[] = {
	48, 400, 96, 3000, 160, 24, 1000, 20000, 64, 240};

static struct {
	struct block *live[PHASE_MAX_BLOCKS];
	struct block *kept[PHASE_MAX_KEPT];
	size_t nkept;
	struct draw d;
	uint64_t sum;
} phase;

/* A block of the middle size, give or take a quarter. */
static struct block *phase_new_block(size_t middle)
{
	const size_t size =
		draw_range(&phase.d, middle - middle / 4, middle + middle / 4);

	return block_new(size, (uint32_t)draw_bits(&phase.d));
}

static void phase_run_one(size_t middle, size_t nblocks)
{
	for (size_t i = 0; i < nblocks; i++)
		phase.live[i] = phase_new_block(middle);
	for (size_t i = 0; i < nblocks; i++) {
		const size_t victim = draw_below(&phase.d, (uint32_t)nblocks);

		phase.sum += block_free(phase.live[victim]);
		phase.live[victim] = phase_new_block(middle);
	}
	for (size_t i = 0; i < nblocks; i++) {
		if (i % PHASE_KEEP == 0 && phase.nkept < PHASE_MAX_KEPT)
			phase.kept[phase.nkept++] = phase.live[i];
		else
			phase.sum += block_free(phase.live[i]);
	}
}

int main(int argc, char **argv)
{
	const double scale = load_scale(argc, argv, 1);
	const size_t nphases = sizeof(phase_sizes) / sizeof(phase_sizes[0]);

	phase.d.state = 6;
	for (size_t i = 0; i < nphases; i++) {
		const size_t nblocks = PHASE_BYTES / phase_sizes[i];

		phase_run_one(phase_sizes[i],
			load_count(scale < 1 ? scale : 1, nblocks));
	}
	for (size_t i = 0; i < phase.nkept; i++)
		phase.sum += block_free(phase.kept[i]);
	return load_finish(phase.sum);
}
