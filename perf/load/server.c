/*
 * server: threads that take over each other's objects and die.
 *
 *	server [scale]
 *
 * After Larson and Krishnan's observation of a server: a worker inherits a
 * set of live objects, replaces objects of it at random for a while, then
 * starts its successor, hands the set on and ends.  Four such chains run at
 * once.  Objects therefore are freed by threads that did not allocate them,
 * and the threads that did are gone.
 */
#include <semaphore.h>

#include "load.h"

enum {
	SERVER_NCHAINS = 4,
	SERVER_NLIVE = 5000,   /* objects per chain */
	SERVER_NOPS = 20000,   /* replacements per worker */
	SERVER_NWORKERS = 200, /* one after the other in each chain */
};

struct chain {
	struct block **live; /* SERVER_NLIVE objects */
	struct draw d;       /* handed on with the objects */
	uint64_t sum;        /* checksum so far */
	size_t nworkers; /* workers still to run, the present one included */
	sem_t *done;     /* posted by the last worker */
};

/* Detached: nobody waits for a worker, only for the end of its chain. */
static void server_start(void *(*body)(void *), struct chain *chain)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, body, chain) != 0)
		load_die("cannot start a thread");
	pthread_attr_destroy(&attr);
}

static void *server_run_worker(void *arg)
{
	struct chain *chain = arg;

	for (int i = 0; i < SERVER_NOPS; i++) {
		const size_t victim = draw_below(&chain->d, SERVER_NLIVE);

		chain->sum += block_free(chain->live[victim]);
		chain->live[victim] = block_draw(&chain->d);
	}
	if (--chain->nworkers > 0)
		server_start(server_run_worker, chain);
	else
		sem_post(chain->done);
	return NULL;
}

static void server_open(struct chain *chain, int index, size_t nworkers)
{
	chain->d.state = (uint64_t)index;
	chain->nworkers = nworkers;
	chain->live = load_check(malloc(SERVER_NLIVE * sizeof(*chain->live)));
	for (int i = 0; i < SERVER_NLIVE; i++)
		chain->live[i] = block_draw(&chain->d);
}

static uint64_t server_close(struct chain *chain)
{
	for (int i = 0; i < SERVER_NLIVE; i++)
		chain->sum += block_free(chain->live[i]);
	free(chain->live);
	return chain->sum;
}

int main(int argc, char **argv)
{
	const size_t nworkers =
		load_count(load_scale(argc, argv, 1), SERVER_NWORKERS);
	struct chain chains[SERVER_NCHAINS] = {{NULL}};
	uint64_t sum = 0;
	sem_t done;

	sem_init(&done, 0, 0);
	for (int i = 0; i < SERVER_NCHAINS; i++) {
		chains[i].done = &done;
		server_open(&chains[i], i, nworkers);
	}
	for (int i = 0; i < SERVER_NCHAINS; i++)
		server_start(server_run_worker, &chains[i]);
	for (int i = 0; i < SERVER_NCHAINS; i++)
		sem_wait(&done);
	for (int i = 0; i < SERVER_NCHAINS; i++)
		sum += server_close(&chains[i]);
	return load_finish(sum);
}
