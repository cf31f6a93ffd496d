/*
 * api: the functions of goalloc.h.
 *
 * Context:    any.
 */
#define GOALLOC_API EXPORT

#include "preload/exports.h"
#include "include/goalloc.h"

#include <assert.h>
#include <string.h>

#include "config.h"
#include "core/heap.h"
#include "core/stats.h"
#include "gc/gc.h"
#include "prof/profmem.h"

static_assert((int)GCSTATS_NPAUSES == (int)GOALLOC_NPAUSES, "the same ring");
static_assert((int)NCLASSES <= (int)GOALLOC_NSIZES, "a row per class");

static void read_collector(struct goalloc_mem_stats *stats)
{
	struct gc_numbers n;

	gc_read_numbers(&n);
	stats->next_gc = n.goal;
	stats->last_gc = n.stats.last_gc;
	stats->pause_total_ns = n.stats.pause_total_ns;
	memcpy(stats->pause_ns, n.stats.pause_ns, sizeof stats->pause_ns);
	memcpy(stats->pause_end, n.stats.pause_end, sizeof stats->pause_end);
	stats->num_gc = (uint32_t)n.stats.num_gc;
	stats->num_forced_gc = (uint32_t)n.stats.num_forced;
	stats->gc_cpu_fraction = n.cpu_fraction;
	stats->enable_gc = n.is_on;
}

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
		.buck_hash_sys = profmem_bytes(),
		.gc_sys = s.heapmap_sys,
		.other_sys = s.other_sys,
	};
	stats->sys = stats->heap_sys + stats->mspan_sys + stats->mcache_sys +
		     stats->buck_hash_sys + stats->gc_sys + stats->other_sys;
	for (int i = 0; i < NCLASSES; i++) {
		stats->by_size[i].size = (uint32_t)s.by_size[i].size;
		stats->by_size[i].mallocs = s.by_size[i].mallocs;
		stats->by_size[i].frees = s.by_size[i].frees;
	}
	read_collector(stats);
}

EXPORT void goalloc_read_gc_stats(struct goalloc_gc_stats *stats,
	uint64_t *quantiles, uint32_t nquantiles)
{
	struct gc_numbers n;

	gc_read_numbers(&n);
	*stats = (struct goalloc_gc_stats){
		.last_gc = n.stats.last_gc,
		.num_gc = n.stats.num_gc,
		.pause_total_ns = n.stats.pause_total_ns,
		.npauses = n.npauses,
	};
	for (uint32_t i = 0; i < n.npauses; i++) {
		const uint64_t at = (n.stats.num_gc - 1 - i) % GOALLOC_NPAUSES;
		stats->pause_ns[i] = n.stats.pause_ns[at];
		stats->pause_end[i] = n.stats.pause_end[at];
	}
	gc_pause_quantiles(&n, quantiles, nquantiles);
}

EXPORT int goalloc_set_gc_percent(int percent)
{
	return gc_set_percent(percent);
}

EXPORT int64_t goalloc_set_memory_limit(int64_t bytes)
{
	return gc_set_memory_limit(bytes);
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
