/*
 * calloc: zeroed memory.  Small blocks are memory used before, so the cost is
 * the clearing; for large ones an allocator may know that pages are fresh.
 */
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

static void calloc_run_mixed(struct bench_state *state, long unused)
{
	size_t next = 0;

	(void)unused;
	while (bench_batch(state, MICRO_BATCH)) {
		for (int i = 0; i < MICRO_BATCH; i++) {
			char *p = calloc(1, micro_size(next++));

			bench_keep(p);
			free(p);
		}
	}
}

static void calloc_run_fixed(struct bench_state *state, long size)
{
	while (bench_batch(state, 1)) {
		char *p = micro_check(calloc(1, (size_t)size));

		bench_keep(p);
		free(p);
	}
}

void calloc_register(void)
{
	bench_add("calloc/mixed", calloc_run_mixed, 0, 1);
	bench_add("calloc/4096", calloc_run_fixed, 4096, 1);
	bench_add("calloc/65536", calloc_run_fixed, 65536, 1);
	bench_add("calloc/1048576", calloc_run_fixed, 1048576, 1);
}
