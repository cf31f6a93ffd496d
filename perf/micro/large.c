/*
 * large: blocks above the size classes, each page written once.  An allocator
 * that gives such a block straight back to the kernel pays for its faults
 * again every time.
 */
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

enum { TOUCH_STEP = 4096 }; /* the smallest OS page of any Linux */

static void large_run(struct bench_state *state, long size)
{
	while (bench_batch(state, 1)) {
		char *p = micro_check(malloc((size_t)size));

		for (long i = 0; i < size; i += TOUCH_STEP)
			p[i] = 1;
		bench_keep(p);
		free(p);
	}
}

void large_register(void)
{
	bench_add("large/65536", large_run, 1 << 16, 1);
	bench_add("large/1048576", large_run, 1 << 20, 1);
	bench_add("large/16777216", large_run, 1 << 24, 1);
}
