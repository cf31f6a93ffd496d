/*
 * The library can be loaded by dlopen in a running program, threads included;
 * its functions work beside the malloc that the program has.
 */
/* preload: no */
/* glibc: no, it is about loading the library */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

static void *(*their_malloc)(size_t);
static void *(*their_realloc)(void *, size_t);
static void (*their_free)(void *);
static size_t (*their_usable_size)(void *);

static void *use_heap(void *arg)
{
	for (size_t size = 1; size < 4 << 20; size = size * 2 + 3) {
		void *p = their_malloc(size), *q = malloc(size);
		check(p != NULL && q != NULL && p != q);
		fill(p, size, 5);
		check(their_usable_size(p) >= size);
		p = their_realloc(p, size * 2);
		check(is_filled(p, size, 5));
		their_free(p);
		free(q);
	}
	return arg;
}

static void run_thread(void)
{
	pthread_t id;

	check(pthread_create(&id, NULL, use_heap, NULL) == 0);
	check(pthread_join(id, NULL) == 0);
}

int main(void)
{
	void *before = malloc(100);
	void *lib = dlopen(getenv("GOALLOC_LIB"), RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		dprintf(2, "%s\n", dlerror());
	check(lib != NULL);
	*(void **)&their_malloc = dlsym(lib, "malloc");
	*(void **)&their_realloc = dlsym(lib, "realloc");
	*(void **)&their_free = dlsym(lib, "free");
	*(void **)&their_usable_size = dlsym(lib, "malloc_usable_size");
	check((void *)their_malloc != (void *)malloc);
	check(dlsym(lib, "goalloc_version") != NULL);
	use_heap(NULL);
	run_thread();
	check(dlclose(lib) == 0);
	use_heap(NULL); /* it stays: -z nodelete */
	run_thread();
	free(before);
	return 0;
}
