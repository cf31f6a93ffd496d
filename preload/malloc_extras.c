/*
 * malloc_extras: what the heap holds, in the forms that glibc's users know.
 *
 * glibc counts memory of its arenas and mmapped blocks apart; here the small
 * objects' spans stand for the arenas and the large objects for the mmapped
 * blocks:
 *
 *   arena    = pages of small spans + free pages not given back
 *   in use   = small objects, rounded up to their classes
 *   free     = arena - in use
 *   mmapped  = large objects
 *
 * All numbers come from one heap_stats_read per call.  Nothing is printed
 * while a lock is held.  malloc_stats writes with bare system calls, so it is
 * no cancellation point and leaves a pending cancellation pending.
 *
 * Context:    any; malloc_info where stdio may be called.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/fatal.h"
#include "core/heap.h"
#include "core/stats.h"
#include "preload/exports.h"

EXPORT struct mallinfo2 mallinfo2(void)
{
	struct heap_stats s;

	heap_stats_read(&s);
	const size_t kept = s.heap_idle - s.heap_released;
	const size_t arena = s.heap_inuse - s.large_bytes + kept;
	const size_t used = s.alloc_bytes - s.large_bytes;
	return (struct mallinfo2){
		.arena = arena,
		.hblks = s.large_count,
		.hblkhd = s.large_bytes,
		.uordblks = used,
		.fordblks = arena - used,
		.keepcost = kept,
	};
}

static int clamp_to_int(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

/* The old form: what an int cannot hold is INT_MAX. */
EXPORT struct mallinfo mallinfo(void)
{
	const struct mallinfo2 m = mallinfo2();

	return (struct mallinfo){
		.arena = clamp_to_int(m.arena),
		.hblks = clamp_to_int(m.hblks),
		.hblkhd = clamp_to_int(m.hblkhd),
		.uordblks = clamp_to_int(m.uordblks),
		.fordblks = clamp_to_int(m.fordblks),
		.keepcost = clamp_to_int(m.keepcost),
	};
}

/* The parameters describe glibc's arenas: known, accepted, without effect. */
EXPORT int mallopt(int parameter, int value)
{
	(void)value;
	switch (parameter) {
	case M_MXFAST:
	case M_NLBLKS:
	case M_GRAIN:
	case M_KEEP:
	case M_TRIM_THRESHOLD:
	case M_TOP_PAD:
	case M_MMAP_THRESHOLD:
	case M_MMAP_MAX:
	case M_CHECK_ACTION:
	case M_PERTURB:
	case M_ARENA_TEST:
	case M_ARENA_MAX: return 1;
	}
	return 0;
}

/* pad, glibc's slack at the top of the heap, has no meaning here. */
EXPORT int malloc_trim(size_t pad)
{
	(void)pad;
	return heap_trim() > 0;
}

EXPORT void malloc_stats(void)
{
	struct heap_stats s;

	heap_stats_read(&s);
	say("in use: %lu bytes in %lu objects, %lu of them large with %lu "
	    "bytes",
		s.alloc_bytes, s.heap_objects, s.large_count, s.large_bytes);
	say("so far: %lu bytes, %lu allocations, %lu frees",
		s.total_alloc_bytes, s.mallocs, s.frees);
	say("spans: %lu bytes in %lu spans, %lu bytes of them free",
		s.heap_inuse, s.nspans, s.small_free_bytes);
	say("free pages: %lu bytes, %lu bytes of them given back", s.heap_idle,
		s.heap_released);
	say("metadata: %lu bytes; threads: %lu",
		s.mspan_sys + s.heapmap_sys + s.other_sys, s.nthreads);
}

/* The live objects of each class; glibc lists free chunks in this place. */
static void info_write_sizes(FILE *out, const struct heap_stats *s)
{
	fputs("<sizes>\n", out);
	for (int i = 1; i < NCLASSES; i++) {
		const uint64_t size = s->by_size[i].size;
		const uint64_t n = s->by_size[i].mallocs - s->by_size[i].frees;
		if (n > 0)
			fprintf(out,
				"  <size from=\"%lu\" to=\"%lu\" total=\"%lu\""
				" count=\"%lu\"/>\n",
				s->by_size[i - 1].size + 1, size, n * size, n);
	}
	fputs("</sizes>\n", out);
}

/* What glibc's format says of one arena and, once more, of all of them. */
static void info_write_totals(FILE *out, const struct heap_stats *s, bool all)
{
	const uint64_t grown = s->heap_inuse + s->heap_idle - s->large_bytes;
	const uint64_t kept = grown - s->heap_released;
	const uint64_t used = s->alloc_bytes - s->large_bytes;

	fputs("<total type=\"fast\" count=\"0\" size=\"0\"/>\n", out);
	fprintf(out, "<total type=\"rest\" count=\"%lu\" size=\"%lu\"/>\n",
		s->nspans, kept - used);
	if (all)
		fprintf(out,
			"<total type=\"mmap\" count=\"%lu\" size=\"%lu\"/>\n",
			s->large_count, s->large_bytes);
	fprintf(out, "<system type=\"current\" size=\"%lu\"/>\n", kept);
	fprintf(out, "<system type=\"max\" size=\"%lu\"/>\n", grown);
	fprintf(out, "<aspace type=\"total\" size=\"%lu\"/>\n", s->heap_sys);
	fprintf(out, "<aspace type=\"mprotect\" size=\"%lu\"/>\n", kept);
}

EXPORT int malloc_info(int options, FILE *out)
{
	struct heap_stats s;

	if (options != 0)
		return EINVAL;
	heap_stats_read(&s);
	fputs("<malloc version=\"goalloc-1\">\n<heap nr=\"0\">\n", out);
	info_write_sizes(out, &s);
	info_write_totals(out, &s, false);
	fputs("</heap>\n", out);
	info_write_totals(out, &s, true);
	fputs("</malloc>\n", out);
	return 0;
}

EXPORT void *malloc_get_state(void)
{
	return fail(ENOSYS);
}

EXPORT int malloc_set_state(void *state)
{
	(void)state;
	errno = ENOSYS;
	return -1;
}
