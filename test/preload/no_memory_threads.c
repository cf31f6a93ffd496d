/*
 * Threads that allocate until RLIMIT_AS forbids more get NULL and ENOMEM, free
 * what they have, and go on; afterwards the whole of the memory is there again.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "test/preload/check.h"

enum { NTHREADS = 4, ROUNDS = 8, MOST = 4000, LIMIT = 400 << 20 };

static pthread_barrier_t all_there; /* before memory runs out */

static void fail_and_recover(size_t size, void **objects)
{
	int n = 0;

	while (n < MOST) {
		errno = 0;
		char *p = malloc(size);
		if (p == NULL) {
			check(errno == ENOMEM);
			break;
		}
		p[0] = p[size - 1] = 1;
		objects[n++] = p;
	}
	for (int i = 0; i < n; i += 2) { /* while memory is short */
		void *p = realloc(objects[i], size * 3);
		objects[i] = p != NULL ? p : objects[i];
	}
	while (n > 0)
		free(objects[--n]);
}

static void *thread(void *arg)
{
	void *objects[MOST];

	pthread_barrier_wait(&all_there);
	for (int i = 0; i < ROUNDS; i++) {
		fail_and_recover(1 << 20, objects);
		fail_and_recover(150000, objects);
		fail_and_recover(30000, objects);
	}
	return arg;
}

int main(void)
{
	const struct rlimit limit = {LIMIT, LIMIT};
	pthread_t threads[NTHREADS];
	void *objects[MOST];

	check(setrlimit(RLIMIT_AS, &limit) == 0);
	check(pthread_barrier_init(&all_there, NULL, NTHREADS) == 0);
	for (int i = 0; i < NTHREADS; i++)
		check(pthread_create(&threads[i], NULL, thread, NULL) == 0);
	for (int i = 0; i < NTHREADS; i++)
		check(pthread_join(threads[i], NULL) == 0);

	/* Half of the limit, in pieces and in one. */
	if (on_glibc()) /* its arenas keep what they have */
		return 0;
	for (int i = 0; i < 200; i++) {
		objects[i] = malloc(1 << 20);
		check(objects[i] != NULL);
	}
	for (int i = 0; i < 200; i++)
		free(objects[i]);
	void *one = malloc(180 << 20);
	check(one != NULL);
	free(one);
	fail_and_recover(1 << 20, objects);
	return 0;
}
