/*
 * replace: keep N blocks of 16-512 bytes alive; an operation frees one at
 * random and allocates another in its place.
 *
 * With 10^4 the live set fits a second-level cache, with 2x10^5 (51 MB) and
 * 2x10^6 (510 MB) it fits none, and what is measured is how many cold lines
 * an allocator touches per operation.  The framework calls a benchmark
 * several times with growing counts, so the live set is built once and kept;
 * it is freed when another N is asked for.
 */
#include <stdlib.h>

#include "../bench.h"
#include "../draw.h"
#include "micro.h"

static struct {
	char **blocks;  /* the live set, nblocks long; NULL before first use */
	size_t nblocks; /* 0 when there is no live set */
	size_t next;    /* running index into the size table */
	struct draw d;  /* picks the victims */
} live;

static char *replace_new_block(void)
{
	char *p = micro_check(malloc(micro_size(live.next++)));

	*p = 1;
	return p;
}

static void replace_drop_live(void)
{
	for (size_t i = 0; i < live.nblocks; i++)
		free(live.blocks[i]);
	free(live.blocks);
	live.blocks = NULL;
	live.nblocks = 0;
}

/* Builds the live set, then shuffles its order of addresses once. */
static void replace_build_live(size_t nblocks)
{
	live.blocks = micro_check(malloc(nblocks * sizeof(*live.blocks)));
	live.nblocks = nblocks;
	live.next = 0;
	live.d.state = 2;
	for (size_t i = 0; i < nblocks; i++)
		live.blocks[i] = replace_new_block();
	for (size_t i = nblocks - 1; i > 0; i--) {
		const size_t other = draw_below(&live.d, (uint32_t)i + 1);
		char *swapped = live.blocks[i];

		live.blocks[i] = live.blocks[other];
		live.blocks[other] = swapped;
	}
}

static void replace_run(struct bench_state *state, long nblocks)
{
	if (live.nblocks != (size_t)nblocks) {
		replace_drop_live();
		replace_build_live((size_t)nblocks);
	}
	while (bench_batch(state, MICRO_BATCH)) {
		for (int i = 0; i < MICRO_BATCH; i++) {
			const size_t victim =
				draw_below(&live.d, (uint32_t)nblocks);

			free(live.blocks[victim]);
			live.blocks[victim] = replace_new_block();
		}
	}
}

void replace_register(void)
{
	bench_add("replace/10000", replace_run, 10000, 1);
	bench_add("replace/200000", replace_run, 200000, 1);
	bench_add("replace/2000000", replace_run, 2000000, 1);
}
