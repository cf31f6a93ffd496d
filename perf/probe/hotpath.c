/*
 * hotpath: a steady stream of malloc and free for perf/callgrind to count.
 *
 *	hotpath pair|batch N
 *
 * N operations; pair frees each block at once, batch frees 100 blocks after
 * 100 were taken.  Sizes are 16-512 bytes, mixed.  callgrind is told to count
 * one of the three functions whose name begins with counted_: around malloc,
 * around free, and around a function that does nothing, so that the cost of
 * the way there can be taken off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../draw.h"

enum {
	HOTPATH_NSIZES = 4096,
	HOTPATH_BATCH = 100,
};

/* Called through these, all three are reached by the same instructions. */
static void *(*volatile malloc_call)(size_t size) = malloc;
static void (*volatile free_call)(void *p) = free;
static void *(*volatile nothing_call)(size_t size);

__attribute__((noinline)) static void *nothing(size_t size)
{
	(void)size;
	return NULL;
}

/* The asm keeps the call from becoming a jump that never comes back here. */
__attribute__((noinline)) void *counted_malloc(size_t size);
void *counted_malloc(size_t size)
{
	void *p = malloc_call(size);

	__asm__ volatile("" : : : "memory");
	return p;
}

__attribute__((noinline)) void counted_free(void *p);
void counted_free(void *p)
{
	free_call(p);
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void *counted_nothing(size_t size);
void *counted_nothing(size_t size)
{
	void *p = nothing_call(size);

	__asm__ volatile("" : : : "memory");
	return p;
}

int main(int argc, char **argv)
{
	static uint16_t sizes[HOTPATH_NSIZES];
	static void *blocks[HOTPATH_BATCH];
	struct draw d = {14};

	if (argc != 3) {
		fputs("usage: hotpath pair|batch N\n", stderr);
		return 1;
	}
	const size_t nblocks = strcmp(argv[1], "pair") == 0 ? 1 : HOTPATH_BATCH;
	const size_t nops = strtoul(argv[2], NULL, 10);

	nothing_call = nothing;
	for (int i = 0; i < HOTPATH_NSIZES; i++)
		sizes[i] = (uint16_t)draw_range(&d, 16, 512);
	for (size_t done = 0; done < nops; done += nblocks) {
		for (size_t i = 0; i < nblocks; i++) {
			blocks[i] = counted_malloc(
				sizes[(done + i) % HOTPATH_NSIZES]);
			counted_nothing(0);
		}
		for (size_t i = nblocks; i > 0; i--)
			counted_free(blocks[i - 1]);
	}
	return 0;
}
