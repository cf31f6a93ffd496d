/*
 * ask: one function per allocator that says what it holds.
 *
 *   goalloc    goalloc_read_mem_stats
 *   jemalloc   mallctl, if it was built with statistics
 *   glibc      mallinfo2; it counts chunks in thread caches as live
 *
 * Another allocator may define mallinfo2 as glibc's interface; if it is not
 * libc's own the figures could mean anything and are not used.
 *
 * Context:    between two calls of the allocator, no lock held.
 */
#include "cmd/probe/ask.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/goalloc.h"

static struct {
	enum probe_allocator which;
	void (*goalloc)(struct goalloc_mem_stats *);
	int (*mallctl)(const char *, void *, size_t *, void *, size_t);
	struct mallinfo2 (*mallinfo)(void);
	void *object; /* live for good, so that its address says where */
} ask;

static void ask_find(void *function, const char *name)
{
	void *found = dlsym(RTLD_DEFAULT, name);

	memcpy(function, &found, sizeof found);
}

/* Whether both symbols come from one library. */
static bool is_same_library(const char *a, const char *b)
{
	Dl_info first;
	Dl_info second;
	void *pa = dlsym(RTLD_NEXT, a);
	void *pb = dlsym(RTLD_NEXT, b);

	return pa != NULL && pb != NULL && dladdr(pa, &first) != 0 &&
	       dladdr(pb, &second) != 0 && first.dli_fbase == second.dli_fbase;
}

void probe_ask_prepare(void)
{
	ask.object = malloc(1);
	ask_find(&ask.goalloc, "goalloc_read_mem_stats");
	ask_find(&ask.mallctl, "mallctl");
	ask_find(&ask.mallinfo, "mallinfo2");
	/* What malloc is, not what else the program is linked with. */
	if (is_same_library("malloc", "goalloc_read_mem_stats"))
		ask.which = PROBE_GOALLOC;
	else if (is_same_library("malloc", "mallctl"))
		ask.which = PROBE_JEMALLOC;
	else if (ask.mallinfo != NULL &&
		 is_same_library("malloc", "mallinfo2") &&
		 is_same_library("malloc", "fputs"))
		ask.which = PROBE_GLIBC;
}

static void ask_goalloc(struct probe_heap *heap)
{
	static struct goalloc_mem_stats m; /* guarded by page.is_busy */

	ask.goalloc(&m);
	heap->live = m.heap_alloc;
	heap->slots = m.heap_inuse - m.heap_alloc;
	heap->kept = m.heap_idle - m.heap_released;
	heap->metadata = m.sys - m.heap_sys;
	heap->goal = m.enable_gc != 0 ? m.next_gc : 0;
	heap->ncycles = m.num_gc;
	heap->pause_ns = m.pause_total_ns;
	heap->gc_ppm = (uint64_t)(m.gc_cpu_fraction * 1e6);
}

static size_t ask_mallctl(const char *name)
{
	size_t value = 0;
	size_t size = sizeof value;

	return ask.mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

static void ask_jemalloc(struct probe_heap *heap)
{
	uint64_t epoch = 1;

	if (ask.mallctl("epoch", NULL, NULL, &epoch, sizeof epoch) != 0)
		return;
	const size_t allocated = ask_mallctl("stats.allocated");
	const size_t active = ask_mallctl("stats.active");
	const size_t resident = ask_mallctl("stats.resident");
	const size_t metadata = ask_mallctl("stats.metadata");
	heap->live = allocated;
	heap->slots = active - allocated;
	heap->metadata = metadata;
	heap->kept =
		resident > active + metadata ? resident - active - metadata : 0;
}

static void ask_glibc(struct probe_heap *heap)
{
	const struct mallinfo2 m = ask.mallinfo();

	heap->live = m.uordblks + m.hblkhd;
	heap->slots = m.fordblks - m.keepcost;
	heap->kept = m.keepcost;
}

void probe_ask_allocator(struct probe_heap *heap)
{
	struct probe_heap answer = {
		.allocator = ask.which, .address = (uintptr_t)ask.object};

	struct timespec start;
	struct timespec end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	switch (ask.which) {
	case PROBE_GOALLOC: ask_goalloc(&answer); break;
	case PROBE_JEMALLOC: ask_jemalloc(&answer); break;
	case PROBE_GLIBC: ask_glibc(&answer); break;
	case PROBE_UNKNOWN: break;
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	answer.took_ns = (uint64_t)(end.tv_sec - start.tv_sec) * 1000000000 +
			 (uint64_t)(end.tv_nsec - start.tv_nsec);
	*heap = answer;
}
