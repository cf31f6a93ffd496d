/*
 * pair: malloc and free of the same block at once, the hottest path there is.
 *
 * pair/mixed takes 16-512 bytes from the table; pair/N always N bytes.  The
 * first byte is written, as any program would.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

static void pair_run_mixed(struct bench_state *state, long unused)
{
	size_t next = 0;

	(void)unused;
	while (bench_batch(state, MICRO_BATCH)) {
		for (int i = 0; i < MICRO_BATCH; i++) {
			char *p = malloc(micro_size(next++));

			*p = 1;
			bench_keep(p);
			free(p);
		}
	}
}

static void pair_run_fixed(struct bench_state *state, long size)
{
	while (bench_batch(state, MICRO_BATCH)) {
		for (int i = 0; i < MICRO_BATCH; i++) {
			char *p = malloc((size_t)size);

			*p = 1;
			bench_keep(p);
			free(p);
		}
	}
}

/* The same in as many threads as the issue of scaling asks about. */
static void pair_register_threads(void)
{
	static const int nthreads[] = {1, 2, 4, 8, 16, 32, 64};
	char name[32];

	for (size_t i = 0; i < sizeof nthreads / sizeof *nthreads; i++) {
		snprintf(name, sizeof name, "pair/threads/%d", nthreads[i]);
		bench_add(name, pair_run_mixed, 0, nthreads[i]);
	}
}

void pair_register(void)
{
	bench_add("pair/mixed", pair_run_mixed, 0, 1);
	bench_add("pair/8", pair_run_fixed, 8, 1);
	bench_add("pair/16", pair_run_fixed, 16, 1);
	bench_add("pair/64", pair_run_fixed, 64, 1);
	bench_add("pair/512", pair_run_fixed, 512, 1);
	bench_add("pair/4096", pair_run_fixed, 4096, 1);
	bench_add("pair/32768", pair_run_fixed, 32768, 1);
	pair_register_threads();
}
