/*
 * malloc and free in destructors of thread-specific data, over several rounds
 * of them, after the library's own thread exit may have run; by threads that
 * end by return, by pthread_exit and by cancellation.  What one thread leaves
 * another frees.
 */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { NKEYS = 8, NTHREADS = 300, ROUNDS = 3 };

static pthread_key_t keys[NKEYS];
static void *left[NTHREADS]; /* by the last destructor of each thread */

struct item {
	int thread; /* who made it */
	int key;    /* index in keys */
	int rounds; /* how often it puts itself back */
};

static struct item *item_new(int thread, int key, int rounds)
{
	struct item *item = malloc(sizeof *item);

	check(item != NULL);
	*item = (struct item){thread, key, rounds};
	return item;
}

static void destroy(void *p)
{
	const struct item item = *(struct item *)p;

	free(p);
	void *large = malloc(50000), *small = calloc(1, 48);
	check(large != NULL && is_zero(small, 48));
	free(large);
	free(small);
	if (item.rounds > 0)
		pthread_setspecific(keys[item.key],
			item_new(item.thread, item.key, item.rounds - 1));
	else if (left[item.thread] == NULL)
		left[item.thread] = strdup("left behind");
}

static void *thread(void *arg)
{
	const int index = (int)(intptr_t)arg;

	for (int i = 0; i < NKEYS; i++)
		pthread_setspecific(keys[i], item_new(index, i, ROUNDS));
	if (index % 3 == 1)
		pthread_exit(NULL);
	if (index % 3 == 2)
		for (;;)
			pause();
	return NULL;
}

int main(void)
{
	for (int i = 0; i < NKEYS; i++)
		check(pthread_key_create(&keys[i], destroy) == 0);
	for (int i = 0; i < NTHREADS; i++) {
		pthread_t id;
		check(pthread_create(&id, NULL, thread, (void *)(intptr_t)i) ==
			0);
		if (i % 3 == 2)
			pthread_cancel(id);
		check(pthread_join(id, NULL) == 0);
	}
	for (int i = 0; i < NTHREADS; i++) {
		if (i % 3 != 2) /* a cancelled thread may not have begun */
			check(left[i] != NULL);
		if (left[i] != NULL)
			check(strcmp(left[i], "left behind") == 0);
		free(left[i]);
	}
	return 0;
}
