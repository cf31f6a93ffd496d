/*
 * holder: a program whose heap is known.
 *
 *	holder N SIZE [NFREED [churn]]
 *
 * Allocates N objects of SIZE bytes, frees every one of the first NFREED,
 * says "ready" with what the library says of itself, and waits until its
 * input ends.  With "churn" a thread allocates and frees all the time.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/goalloc.h"

static void **objects;

static __attribute__((noinline)) void *site_of_objects(size_t size)
{
	char *p = malloc(size);

	memset(p, 1, size);
	return p;
}

static void *churn(void *unused)
{
	void *slots[256] = {NULL};

	for (unsigned i = 0;; i = i * 1103515245 + 12345) {
		unsigned slot = i >> 8 & 255;
		free(slots[slot]);
		slots[slot] = malloc(16 + (i >> 16 & 4095));
	}
	return unused;
}

static void say_stats(void)
{
	struct goalloc_mem_stats s;

	if (goalloc_read_mem_stats == NULL)
		return;
	goalloc_read_mem_stats(&s);
	char line[512];
	int len = snprintf(line, sizeof line,
		"heap_alloc %lu\nheap_objects %lu\nmallocs %lu\nfrees %lu\n"
		"heap_inuse %lu\nheap_idle %lu\nheap_released %lu\n"
		"heap_sys %lu\nalloc %lu\n",
		s.heap_alloc, s.heap_objects, s.mallocs, s.frees, s.heap_inuse,
		s.heap_idle, s.heap_released, s.heap_sys, s.total_alloc);
	if (write(1, line, (size_t)len) != len)
		abort();
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
	size_t nfreed = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	pthread_t thread;
	char c;

	objects = calloc(n, sizeof *objects);
	for (size_t i = 0; i < n; i++)
		objects[i] = site_of_objects(size);
	for (size_t i = 0; i < nfreed && i < n; i++)
		free(objects[i]);
	if (argc > 4)
		pthread_create(&thread, NULL, churn, NULL);
	say_stats();
	if (write(1, "ready\n", 6) != 6)
		return 1;
	while (read(0, &c, 1) > 0 && c != 'q')
		;
	return 0;
}
