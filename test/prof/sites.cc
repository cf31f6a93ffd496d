/*
 * sites: a program whose allocations by call site are known.
 *
 * Prints a line for each site when it ends: its function's name, objects and
 * bytes allocated, objects and bytes still in use.  Each site is a function
 * of its own that nothing is inlined into.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITE extern "C" __attribute__((noinline)) void *

/* The compiler may not know what becomes of p, nor end with a jump. */
static void *used(void *p)
{
	if (p != NULL)
		*(volatile char *)p = 1;
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

SITE site_small(size_t size)
{
	return used(malloc(size));
}

SITE site_middle(size_t size)
{
	return used(malloc(size));
}

SITE site_zeroed(size_t size)
{
	return used(calloc(size / 8, 8));
}

SITE site_aligned(size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, 256, size) != 0)
		abort();
	return used(p);
}

SITE site_new(size_t size)
{
	return used(::operator new(size));
}

SITE site_new_array(size_t size)
{
	return used(new char[size]);
}

SITE site_large(size_t size)
{
	return used(malloc(size));
}

SITE site_grown(void *p, size_t size)
{
	return used(realloc(p, size));
}

SITE site_thread(size_t size)
{
	return used(malloc(size));
}

/* What a site has done. */
struct truth {
	const char *name;                                /* of its function */
	unsigned long nallocs, allocated, nfrees, freed; /* objects, bytes */
};

static void count_alloc(truth *t, size_t size)
{
	t->nallocs++;
	t->allocated += size;
}

static void count_free(truth *t, size_t size)
{
	t->nfrees++;
	t->freed += size;
}

static void print(const truth *t)
{
	printf("%s %lu %lu %lu %lu\n", t->name, t->nallocs, t->allocated,
		t->nallocs - t->nfrees, t->allocated - t->freed);
}

/* n objects, of which every keep-th stays. */
static void run(truth *t, void *(*site)(size_t), void (*release)(void *),
	size_t size, int n, int keep)
{
	for (int i = 0; i < n; i++) {
		void *p = site(size);
		count_alloc(t, size);
		if (i % keep != 0) {
			release(p);
			count_free(t, size);
		}
	}
}

/* Arrays that grow fourfold from 16 bytes to 256 KiB; one in two is freed. */
static void run_grown(truth *t, int n)
{
	for (int i = 0; i < n; i++) {
		void *p = NULL;
		size_t size = 0;
		for (size_t next = 16; next <= 256 << 10; next *= 4) {
			p = site_grown(p, next);
			if (size > 0)
				count_free(t, size);
			count_alloc(t, next);
			size = next;
		}
		if (i % 2 == 0) {
			free(p);
			count_free(t, size);
		}
	}
}

static void delete_it(void *p)
{
	::operator delete(p);
}

static void delete_array(void *p)
{
	delete[] static_cast<char *>(p);
}

static void *run_thread(void *arg)
{
	run(static_cast<truth *>(arg), site_thread, free, 700, 20000, 3);
	return NULL;
}

int main()
{
	truth thread = {"site_thread", 0, 0, 0, 0};
	pthread_t other;
	struct {
		void *(*site)(size_t);
		void (*release)(void *);
		size_t size;
		int n, keep;
		truth t;
	} sites[] = {
		{site_small, free, 40, 250000, 1, {"site_small", 0, 0, 0, 0}},
		{site_middle, free, 3000, 10000, 2,
			{"site_middle", 0, 0, 0, 0}},
		{site_zeroed, free, 1000, 16000, 2,
			{"site_zeroed", 0, 0, 0, 0}},
		{site_aligned, free, 1500, 10000, 2,
			{"site_aligned", 0, 0, 0, 0}},
		{site_new, delete_it, 120, 120000, 2, {"site_new", 0, 0, 0, 0}},
		{site_new_array, delete_array, 500, 30000, 2,
			{"site_new_array", 0, 0, 0, 0}},
		{site_large, free, 100000, 200, 2, {"site_large", 0, 0, 0, 0}},
	};
	truth grown = {"site_grown", 0, 0, 0, 0};

	if (pthread_create(&other, NULL, run_thread, &thread) != 0)
		return 1;
	for (auto &s : sites)
		run(&s.t, s.site, s.release, s.size, s.n, s.keep);
	run_grown(&grown, 60);
	pthread_join(other, NULL);
	for (auto &s : sites)
		print(&s.t);
	print(&grown);
	print(&thread);
	return 0;
}
