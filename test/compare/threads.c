/*
 * threads: four threads that fill memory at once, each from an arena or a
 * cache of its own, and stay for a while.  Prints the bytes they hold.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NTHREADS = 4, NBLOCKS = 20000, BLOCK = 1000, NLINGER = 300 };

static void *fill(void *unused)
{
	char **blocks = calloc(NBLOCKS, sizeof *blocks);

	(void)unused;
	for (int i = 0; i < NBLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		memset(blocks[i], 1, BLOCK);
	}
	for (int i = 0; i < NLINGER; i++) {
		free(malloc(50));
		usleep(1000);
	}
	for (int i = 0; i < NBLOCKS; i++)
		free(blocks[i]);
	free(blocks);
	return NULL;
}

int main(void)
{
	pthread_t threads[NTHREADS];

	for (int i = 0; i < NTHREADS; i++)
		if (pthread_create(&threads[i], NULL, fill, NULL) != 0)
			return 1;
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", NTHREADS * NBLOCKS * BLOCK);
	return 0;
}
