/*
 * A program that wraps malloc: its functions find the next definitions by
 * dlsym on their first call, which comes from ld.so, and dlsym may allocate.
 */
#include <stdlib.h>

#include "test/preload/check.h"

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);
static bool finding;
static int ncalls;

static char spare[65536]; /* for what dlsym itself may ask for */
static size_t spare_used;

static void *find(const char *name)
{
	finding = true;
	void *p = dlsym(RTLD_NEXT, name);
	finding = false;
	check(p != NULL);
	return p;
}

static void *spare_alloc(size_t size)
{
	void *p = spare + spare_used;

	spare_used += (size + 15) / 16 * 16;
	check(spare_used <= sizeof spare);
	return p;
}

void *malloc(size_t size)
{
	if (finding)
		return spare_alloc(size);
	if (next_malloc == NULL)
		next_malloc = (void *(*)(size_t))find("malloc");
	ncalls++;
	return next_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (finding)
		return spare_alloc(n * size);
	if (next_calloc == NULL)
		next_calloc = (void *(*)(size_t, size_t))find("calloc");
	ncalls++;
	return next_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (next_realloc == NULL)
		next_realloc = (void *(*)(void *, size_t))find("realloc");
	ncalls++;
	return next_realloc(p, size);
}

void free(void *p)
{
	if ((char *)p >= spare && (char *)p < spare + sizeof spare)
		return;
	if (next_free == NULL)
		next_free = (void (*)(void *))find("free");
	next_free(p);
}

int main(void)
{
	FILE *f = fopen("/proc/self/maps", "r"); /* libc allocates as well */
	char *line = NULL;
	size_t size = 0;
	int nlines = 0;

	check(f != NULL);
	while (getline(&line, &size, f) > 0)
		nlines++;
	free(line);
	fclose(f);
	void *p = realloc(calloc(10, 10), 10000);
	check(is_zero(p, 100));
	free(p);
	check(nlines > 10 && ncalls >= 4);
	return 0;
}
