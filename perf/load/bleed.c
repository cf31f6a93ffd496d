/*
 * bleed: one thread allocates everything, another frees everything, in bursts.
 *
 *	bleed [scale]
 *
 * The reader of a network and the worker that consumes: blocks flow one way
 * for ever.  An allocator that gives freed blocks to the thread that freed
 * them bleeds memory from the first thread into the second and grows.  The
 * two take turns, so what is measured is the flow, not the waiting; peak RSS
 * should be one burst.
 */
#include <semaphore.h>

#include "load.h"

enum {
	BLEED_NBURSTS = 200,
	BLEED_BURST = 50000, /* blocks, about 5 MB */
};

static struct {
	sem_t filled;   /* posted when burst is full */
	sem_t drained;  /* posted when it is empty again */
	size_t nbursts; /* to do */
	uint64_t sum;   /* the consumer's, read after it was joined */
	struct block *burst[BLEED_BURST];
} bleed;

static void *bleed_run_consumer(void *arg)
{
	(void)arg;
	for (size_t n = 0; n < bleed.nbursts; n++) {
		sem_wait(&bleed.filled);
		for (int i = 0; i < BLEED_BURST; i++)
			bleed.sum += block_free(bleed.burst[i]);
		sem_post(&bleed.drained);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct draw d = {5};
	pthread_t consumer;

	bleed.nbursts = load_count(load_scale(argc, argv, 1), BLEED_NBURSTS);
	sem_init(&bleed.filled, 0, 0);
	sem_init(&bleed.drained, 0, 0);
	if (pthread_create(&consumer, NULL, bleed_run_consumer, NULL) != 0)
		load_die("cannot start a thread");
	for (size_t n = 0; n < bleed.nbursts; n++) {
		for (int i = 0; i < BLEED_BURST; i++)
			bleed.burst[i] = block_draw(&d);
		sem_post(&bleed.filled);
		sem_wait(&bleed.drained);
	}
	pthread_join(consumer, NULL);
	return load_finish(bleed.sum);
}
