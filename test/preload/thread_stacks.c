/*
 * Thread stacks that the program takes from the heap, freed once the thread
 * has ended, and threads that glibc gives a stack and TLS of its own.
 */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { STACK = 256 << 10, ROUNDS = 300 };

static __thread char tls[5000];

static void *thread(void *arg)
{
	char frame[20000];

	memset(frame, 1, sizeof frame);
	memset(tls, 1, sizeof tls);
	opaque(frame);
	free(arg);
	return malloc(77);
}

static void *run_on(void *stack)
{
	pthread_attr_t attr;
	pthread_t id;
	void *result = NULL;

	pthread_attr_init(&attr);
	if (stack != NULL)
		check(pthread_attr_setstack(&attr, stack, STACK) == 0);
	check(pthread_create(&id, &attr, thread, malloc(100)) == 0);
	pthread_attr_destroy(&attr);
	check(pthread_join(id, &result) == 0 && result != NULL);
	return result;
}

int main(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		void *stack = aligned_alloc(4096, STACK);
		check(stack != NULL);
		free(run_on(stack));
		free(stack);
		free(run_on(NULL));
	}
	check_cmp(rss_kib(), <, 50000);
	return 0;
}
