/*
 * handoff: one thread allocates, the other frees (producer and consumer).
 *
 *   thread 0: malloc, write --> 16 chunks of 256 pointers --> thread 1: free
 *
 * Both threads do the same number of operations, so the ring is empty again
 * at the end of each run.
 *
 * Waiting: on a semaphore per chunk, once in 256 operations.  Spinning would
 * measure the scheduler whenever the machine has other work; a waiting thread
 * that sleeps costs no CPU time, and that is reported beside the wall time.
 */
#include <semaphore.h>
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

enum {
	RING_NCHUNKS = 16,
	CHUNK_NBLOCKS = 256,
};

static struct {
	sem_t filled; /* chunks that the consumer may take */
	sem_t empty;  /* chunks that the producer may fill */
	char *chunks[RING_NCHUNKS][CHUNK_NBLOCKS];
} ring;

static void handoff_fill(char *chunk[CHUNK_NBLOCKS], size_t next)
{
	sem_wait(&ring.empty);
	for (int i = 0; i < CHUNK_NBLOCKS; i++) {
		char *p = malloc(micro_size(next++));

		*p = 1;
		chunk[i] = p;
	}
	sem_post(&ring.filled);
}

static void handoff_drain(char *chunk[CHUNK_NBLOCKS])
{
	sem_wait(&ring.filled);
	for (int i = 0; i < CHUNK_NBLOCKS; i++) {
		bench_keep(chunk[i]);
		free(chunk[i]);
	}
	sem_post(&ring.empty);
}

static void handoff_run(struct bench_state *state, long unused)
{
	const bool is_producer = bench_thread_index(state) == 0;
	static size_t nchunks[2]; /* by thread; goes on from run to run */
	size_t *mine = &nchunks[is_producer];

	(void)unused;
	while (bench_batch(state, CHUNK_NBLOCKS)) {
		char **chunk = ring.chunks[(*mine)++ % RING_NCHUNKS];

		if (is_producer)
			handoff_fill(chunk, *mine * CHUNK_NBLOCKS);
		else
			handoff_drain(chunk);
	}
}

void handoff_register(void)
{
	sem_init(&ring.filled, 0, 0);
	sem_init(&ring.empty, 0, RING_NCHUNKS);
	bench_add("handoff", handoff_run, 0, 2);
}
