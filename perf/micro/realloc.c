/*
 * realloc: one block that grows from 16 bytes by a quarter at a time, as
 * vectors and string buffers do, and is then freed.  One operation is the
 * whole growth.  The last byte is written after each step.
 */
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

static void realloc_run(struct bench_state *state, long limit)
{
	while (bench_batch(state, 1)) {
		char *p = NULL;

		for (size_t n = 16; n <= (size_t)limit; n += n / 4) {
			p = micro_check(realloc(p, n));
			p[n - 1] = 1;
		}
		free(p);
	}
}

void realloc_register(void)
{
	bench_add("realloc/1024", realloc_run, 1 << 10, 1);
	bench_add("realloc/65536", realloc_run, 1 << 16, 1);
	bench_add("realloc/16777216", realloc_run, 1 << 24, 1);
}
