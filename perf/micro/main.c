/*
 * main: all micro-benchmarks in one program.
 *
 *	LD_PRELOAD=... build/perf/micro --benchmark_filter='^pair/'
 */
#include <stdio.h>
#include <stdlib.h>

#include "../bench.h"
#include "../draw.h"
#include "micro.h"

uint16_t micro_sizes[MICRO_NSIZES];

_Noreturn void micro_die(void)
{
	fputs("micro: out of memory\n", stderr);
	abort();
}

int main(int argc, char **argv)
{
	struct draw d = {1};

	for (size_t i = 0; i < MICRO_NSIZES; i++)
		micro_sizes[i] = draw_range(&d, MICRO_SIZE_MIN, MICRO_SIZE_MAX);
	pair_register();
	batch_register();
	replace_register();
	handoff_register();
	calloc_register();
	realloc_register();
	large_register();
	return bench_main(argc, argv);
}
