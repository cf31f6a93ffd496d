/*
 * churn: 100,000 threads, four at a time, each living for 100 blocks.
 *
 *	churn [scale]
 *
 * A thread per request.  What a thread's first allocation and its exit cost,
 * and whether what it cached comes back: each thread leaves one block to the
 * thread after it in its lane.
 */
#include "load.h"

enum {
	CHURN_NTHREADS = 100 * 1000,
	CHURN_NLANES = 4, /* threads alive at a time */
	CHURN_NBLOCKS = 100,
};

struct lane {
	struct draw d;        /* handed from thread to thread */
	struct block *legacy; /* left by the thread before; NULL at first */
	uint64_t sum;
};

static void *churn_run_thread(void *arg)
{
	struct lane *lane = arg;
	struct block *blocks[CHURN_NBLOCKS];

	if (lane->legacy != NULL)
		lane->sum += block_free(lane->legacy);
	for (int i = 0; i < CHURN_NBLOCKS; i++)
		blocks[i] = block_draw(&lane->d);
	lane->legacy = blocks[0];
	for (int i = 1; i < CHURN_NBLOCKS; i++)
		lane->sum += block_free(blocks[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	const size_t nthreads =
		load_count(load_scale(argc, argv, 1), CHURN_NTHREADS);
	struct lane lanes[CHURN_NLANES] = {{{0}, NULL, 0}};
	uint64_t sum = 0;

	for (int i = 0; i < CHURN_NLANES; i++)
		lanes[i].d.state = (uint64_t)i;
	for (size_t n = 0; n < nthreads; n += CHURN_NLANES)
		load_run_threads(CHURN_NLANES, churn_run_thread, lanes,
			sizeof(lanes[0]));
	for (int i = 0; i < CHURN_NLANES; i++)
		sum += lanes[i].sum + block_free(lanes[i].legacy);
	return load_finish(sum);
}
