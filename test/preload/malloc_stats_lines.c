/* malloc_stats says in a few lines on stderr what this heap holds. */
/* glibc: no, the lines are ours */
/* expect: exit 0
 * `goalloc: in use: NUM bytes in NUM objects, 1 of them large with NUM bytes`
 * `goalloc: so far: NUM bytes, NUM allocations, NUM frees`
 * `goalloc: spans: NUM bytes in NUM spans, NUM bytes of them free`
 * `goalloc: free pages: NUM bytes, NUM bytes of them given back`
 * `goalloc: metadata: NUM bytes; threads: 1` */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

int main(void)
{
	void *large = malloc(1 << 20), *small = malloc(100);

	check(large != NULL && small != NULL);
	malloc_stats();
	free(large);
	free(small);
	return 0;
}
