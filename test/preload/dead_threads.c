/*
 * Memory of threads that are gone is used again by others, whoever freed it:
 * before the thread ended, while it ended, or long after.
 */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { NOBJECTS = 20000, SIZE = 300, ROUNDS = 60 };

static void *produce(void *arg)
{
	void **objects = arg;

	for (int i = 0; i < NOBJECTS; i++) {
		free(objects[i]); /* what the last, dead thread made */
		objects[i] = malloc(SIZE);
		check(objects[i] != NULL);
		memset(objects[i], i, SIZE);
	}
	return NULL;
}

static void run_thread(void **objects)
{
	pthread_t id;

	check(pthread_create(&id, NULL, produce, objects) == 0);
	check(pthread_join(id, NULL) == 0);
}

int main(void)
{
	static void *objects[NOBJECTS];

	for (int i = 0; i < 3; i++)
		run_thread(objects);
	const long before = rss_kib();
	for (int i = 0; i < ROUNDS; i++) {
		run_thread(objects);
		if (i % 4 == 0)
			for (int j = i % 8; j < NOBJECTS; j += 2) {
				free(objects[j]);
				objects[j] = NULL;
			}
	}
	/* Once over is 6 MB; ROUNDS times would be 360. */
	check_cmp(rss_kib(), <, before + 16384);
	return 0;
}
