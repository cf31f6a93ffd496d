/*
 * The child of fork in a threaded program has one thread for the kernel too,
 * whatever its heap does: what unshare(2) and setns(2) need.  A helper thread
 * that the parent's heap started is not the child's, and the parent's threads
 * do not count when the child's heap asks whether it may have one.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "test/preload/check.h"

enum { NBLOCKS = 2000, SIZE = 50000, BREATHS = 10 };

static pthread_barrier_t started;

static void *sleep_with_memory(void *unused)
{
	(void)unused;
	free(opaque(malloc(100)));
	pthread_barrier_wait(&started);
	pause();
	return NULL;
}

/* Memory that is freed and taken again: what a helper is started for. */
static void breathe(void)
{
	static char *blocks[NBLOCKS];

	for (int n = 0; n < BREATHS; n++) {
		for (int i = 0; i < NBLOCKS; i++) {
			blocks[i] = malloc(SIZE);
			check(blocks[i] != NULL);
			memset(blocks[i], 1, SIZE);
		}
		for (int i = 0; i < NBLOCKS; i++)
			free(blocks[i]);
	}
}

int main(void)
{
	pthread_t sleeper;
	int status;

	pthread_barrier_init(&started, NULL, 2);
	check(pthread_create(&sleeper, NULL, sleep_with_memory, NULL) == 0);
	pthread_barrier_wait(&started);
	breathe();

	pid_t child = fork();
	check(child >= 0);
	if (child == 0) {
		breathe();
		check_cmp(proc_threads(), ==, 1);
		_exit(0);
	}
	check(waitpid(child, &status, 0) == child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return 0;
}
