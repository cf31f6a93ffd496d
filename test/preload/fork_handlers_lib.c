/*
 * For fork_handlers: a library whose constructor registers functions that run
 * around fork and allocate, whichever library is initialised first.
 */
#include <pthread.h>
#include <stdlib.h>

int fork_handlers_ran;

static void use_heap(void)
{
	fork_handlers_ran++;
	for (size_t size = 1; size < 300000; size *= 5)
		free(realloc(calloc(1, size), size * 2));
}

__attribute__((constructor)) static void init(void)
{
	pthread_atfork(use_heap, use_heap, use_heap);
}
