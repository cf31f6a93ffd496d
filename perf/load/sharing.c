/*
 * sharing: do two threads' small blocks lie on one cache line?
 *
 *	sharing active|passive [scale]
 *
 * active: each thread allocates a small block, writes it many times, frees
 * it, and does so again.  An allocator that serves two threads from one line
 * makes every write a cache miss.
 * passive: the main thread allocates neighbouring blocks and gives one to
 * each thread, which frees it and goes on as above.  An allocator that hands
 * the freed piece of the line to the thread that freed it spreads the line
 * over the threads for good.
 */
#include <string.h>

#include "load.h"

enum {
	SHARING_NTHREADS = 2,
	SHARING_NOPS = 1000 * 1000, /* blocks per thread */
	SHARING_NWRITES = 1000,     /* writes per block */
	SHARING_SIZE = 16,
};

struct sharer {
	void *gift; /* NULL, or a block to free first */
	size_t nops;
	uint64_t sum;
};

static void *sharing_run_thread(void *arg)
{
	struct sharer *sharer = arg;

	free(sharer->gift);
	for (size_t n = 0; n < sharer->nops; n++) {
		void *p = load_check(malloc(SHARING_SIZE));
		volatile uint32_t *word = p;

		*word = 0;
		for (int i = 0; i < SHARING_NWRITES; i++)
			*word += (uint32_t)i;
		sharer->sum += *word;
		free(p);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 2 || (strcmp(argv[1], "active") != 0 &&
				strcmp(argv[1], "passive") != 0))
		load_die("usage: sharing active|passive [scale]");
	const bool is_passive = argv[1][0] == 'p';
	const size_t nops = load_count(load_scale(argc, argv, 2), SHARING_NOPS);
	struct sharer sharers[SHARING_NTHREADS] = {{0}};
	uint64_t sum = 0;

	for (int i = 0; i < SHARING_NTHREADS; i++) {
		sharers[i].nops = nops;
		if (is_passive)
			sharers[i].gift = load_check(malloc(SHARING_SIZE));
	}
	load_run_threads(SHARING_NTHREADS, sharing_run_thread, sharers,
		sizeof(sharers[0]));
	for (int i = 0; i < SHARING_NTHREADS; i++)
		sum += sharers[i].sum;
	return load_finish(sum);
}
