/*
 * pipeline: N producers allocate messages, M consumers read and free them.
 *
 *	pipeline N M [scale]
 *
 * Messages travel in parcels of 64 through one bounded queue under a mutex;
 * the parcel is allocated by the producer and freed by the consumer as well.
 * The sum of all messages does not depend on who took which.
 */
#include "load.h"

enum {
	PIPE_NPARCELS = 80000, /* all producers together */
	PARCEL_NBLOCKS = 64,
	QUEUE_SIZE = 256, /* parcels */
};

struct parcel {
	struct block *blocks[PARCEL_NBLOCKS];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t not_empty;
	pthread_cond_t not_full;

	/* Guarded by lock. */
	struct parcel *parcels[QUEUE_SIZE];
	size_t nput;   /* parcels ever put */
	size_t ntaken; /* parcels ever taken */
} queue = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.not_empty = PTHREAD_COND_INITIALIZER,
	.not_full = PTHREAD_COND_INITIALIZER,
};

struct worker {
	bool is_producer;
	size_t nparcels; /* to make, or to take */
	struct draw d;   /* producers only */
	uint64_t sum;    /* consumers only */
};

static void queue_put(struct parcel *parcel)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.nput - queue.ntaken == QUEUE_SIZE)
		pthread_cond_wait(&queue.not_full, &queue.lock);
	queue.parcels[queue.nput++ % QUEUE_SIZE] = parcel;
	pthread_cond_signal(&queue.not_empty);
	pthread_mutex_unlock(&queue.lock);
}

static struct parcel *queue_take(void)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.nput == queue.ntaken)
		pthread_cond_wait(&queue.not_empty, &queue.lock);
	struct parcel *parcel = queue.parcels[queue.ntaken++ % QUEUE_SIZE];
	pthread_cond_signal(&queue.not_full);
	pthread_mutex_unlock(&queue.lock);
	return parcel;
}

static void pipeline_make_parcel(struct worker *w)
{
	struct parcel *parcel = load_check(malloc(sizeof(*parcel)));

	for (int i = 0; i < PARCEL_NBLOCKS; i++)
		parcel->blocks[i] = block_draw(&w->d);
	queue_put(parcel);
}

static void pipeline_use_parcel(struct worker *w)
{
	struct parcel *parcel = queue_take();

	for (int i = 0; i < PARCEL_NBLOCKS; i++)
		w->sum += block_free(parcel->blocks[i]);
	free(parcel);
}

static void *pipeline_run_worker(void *arg)
{
	struct worker *w = arg;

	for (size_t i = 0; i < w->nparcels; i++) {
		if (w->is_producer)
			pipeline_make_parcel(w);
		else
			pipeline_use_parcel(w);
	}
	return NULL;
}

/* Shares nparcels among n workers; the first ones take the remainder. */
static size_t pipeline_share(size_t nparcels, int n, int index)
{
	return nparcels / (size_t)n + ((size_t)index < nparcels % (size_t)n);
}

int main(int argc, char **argv)
{
	const int nproducers = argc > 1 ? atoi(argv[1]) : 0;
	const int nconsumers = argc > 2 ? atoi(argv[2]) : 0;

	if (nproducers < 1 || nconsumers < 1 ||
		nproducers + nconsumers > LOAD_MAX_THREADS)
		load_die("usage: pipeline N M [scale]");
	const size_t nparcels =
		load_count(load_scale(argc, argv, 3), PIPE_NPARCELS);
	struct worker workers[LOAD_MAX_THREADS] = {{0}};
	uint64_t sum = 0;

	for (int i = 0; i < nproducers; i++) {
		workers[i].is_producer = true;
		workers[i].nparcels = pipeline_share(nparcels, nproducers, i);
		workers[i].d.state = (uint64_t)i;
	}
	for (int i = 0; i < nconsumers; i++)
		workers[nproducers + i].nparcels =
			pipeline_share(nparcels, nconsumers, i);
	load_run_threads(nproducers + nconsumers, pipeline_run_worker, workers,
		sizeof(workers[0]));
	for (int i = 0; i < nconsumers; i++)
		sum += workers[nproducers + i].sum;
	return load_finish(sum);
}
