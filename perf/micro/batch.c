/*
 * batch: allocate 100 blocks, then free them newest first (lifo) or oldest
 * first (fifo).  A cache of a few objects a class no longer suffices here.
 */
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

enum { BATCH_NBLOCKS = 100 };

static size_t batch_fill(void *blocks[BATCH_NBLOCKS], size_t next)
{
	for (int i = 0; i < BATCH_NBLOCKS; i++) {
		char *p = malloc(micro_size(next++));

		*p = 1;
		blocks[i] = p;
	}
	return next;
}

static void batch_run_lifo(struct bench_state *state, long unused)
{
	void *blocks[BATCH_NBLOCKS];
	size_t next = 0;

	(void)unused;
	while (bench_batch(state, BATCH_NBLOCKS)) {
		next = batch_fill(blocks, next);
		for (int i = BATCH_NBLOCKS - 1; i >= 0; i--)
			free(blocks[i]);
	}
}

static void batch_run_fifo(struct bench_state *state, long unused)
{
	void *blocks[BATCH_NBLOCKS];
	size_t next = 0;

	(void)unused;
	while (bench_batch(state, BATCH_NBLOCKS)) {
		next = batch_fill(blocks, next);
		for (int i = 0; i < BATCH_NBLOCKS; i++)
			free(blocks[i]);
	}
}

void batch_register(void)
{
	bench_add("batch/lifo", batch_run_lifo, 0, 1);
	bench_add("batch/fifo", batch_run_fifo, 0, 1);
}
