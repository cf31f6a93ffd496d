/*
 * api: the functions of goalloc.h.
 *
 * Context:    any.
 */
#define GOALLOC_API EXPORT

#include "preload/exports.h"
#include "include/goalloc.h"

#include <assert.h>

#include "config.h"
#include "core/heap.h"
#include "core/stats.h"
#include "gc/gc.h"

static_assert((int)NCLASSES <= (int)GOALLOC_NSIZES, "a row per class");

EXPORT void goalloc_read_mem_stats(struct goalloc_mem_stats *stats)
{
	struct heap_stats s;

	heap_stats_read(&s);
	*stats = (struct goalloc_mem_stats){
		.alloc = s.alloc_bytes,
		.total_alloc = s.total_alloc_bytes,
		.mallocs = s.mallocs,
		.frees = s.frees,
		.heap_alloc = s.alloc_bytes,
		.heap_sys = s.heap_inuse + s.heap_idle,
		.heap_idle = s.heap_idle,
		.heap_inuse = s.heap_inuse,
		.heap_released = s.heap_released,
		.heap_objects = s.heap_objects,
		.mspan_inuse = s.mspan_inuse - s.mcache_inuse,
		.mspan_sys = s.mspan_sys - s.mcache_sys,
		.mcache_inuse = s.mcache_inuse,
		.mcache_sys = s.mcache_sys,
		.gc_sys = s.heapmap_sys,
		.other_sys = s.other_sys,
	};
	stats->sys = stats->heap_sys + stats->mspan_sys + stats->mcache_sys +
		     stats->gc_sys + stats->other_sys;
	for (int i = 0; i < NCLASSES; i++) {
		stats->by_size[i].size = (uint32_t)s.by_size[i].size;
		stats->by_size[i].mallocs = s.by_size[i].mallocs;
		stats->by_size[i].frees = s.by_size[i].frees;
	}
}

EXPORT void goalloc_gc(void)
{
	gc_run();
}

EXPORT void goalloc_free_os_memory(void)
{
	heap_trim();
}

EXPORT const char *goalloc_version(void)
{
	return PACKAGE_VERSION;
}
