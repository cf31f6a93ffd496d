/*
 * resident: see resident.h.
 *
 *   process  |  others  |            heap              |
 *                       | in use | dirty |    (scavenged, purged)
 *   limit    |------------------------------|
 *
 * others = what the kernel counts - the heap's pages that may be in memory.
 * Pages in use that were never touched make it too small, even negative; if
 * they stay untouched that is right, since the estimate then takes them for
 * resident.  But a thread may be about to fill what it has just got: so of the
 * last few measurements, two a cycle, the greatest counts.
 *
 * Locking:    mheap, for the heap's counters.
 * Context:    see resident.h.
 */
#include "gc/resident.h"

#include <fcntl.h>

#include "core/mheap.h"
#include "core/os.h"
#include "core/scavenger.h"
#include "core/syscall.h"
#include "gc/collector.h"

enum {
	STATM_SIZE = 128,       /* bytes of the file, and more */
	NMEASURED = 4,          /* measurements that count */
	TRIES = 4,              /* for one of them */
	CHANGE_MAX = 256 << 10, /* bytes */
};

static int64_t others; /* bytes, the greatest of measured; atomic */
static int64_t measured[NMEASURED]; /* atomic */
static unsigned nmeasured;          /* ever; atomic */

/* Bytes of the process that are resident; 0: unknown. */
static uint64_t resident_bytes(void)
{
	char text[STATM_SIZE];
	long fd = syscall4(SYS_openat, AT_FDCWD, "/proc/thread-self/statm",
		O_RDONLY | O_CLOEXEC, 0);
	uint64_t npages = 0;

	if (fd < 0)
		return 0;
	long n = syscall3(SYS_read, fd, text, sizeof text);
	syscall1(SYS_close, fd);
	for (long i = 0, field = 0; i < n && field < 2; i++) {
		if (text[i] == ' ')
			field++;
		else if (field == 1)
			npages = npages * 10 + (uint64_t)(text[i] - '0');
	}
	return npages * os_page_size;
}

static uint64_t dirty_bytes(void)
{
	return mheap.pages.npages_dirty << GO_PAGE_SHIFT;
}

static uint64_t heap_bytes(void)
{
	lock(&mheap.lock);
	const uint64_t bytes = scavenger_inuse_bytes() + dirty_bytes();
	unlock(&mheap.lock);
	return bytes;
}

void resident_measure(void)
{
	uint64_t heap = heap_bytes(), all = 0;

	/* The heap must not have changed much meanwhile. */
	for (int tries = 0; tries < TRIES; tries++) {
		const uint64_t before = heap;
		all = resident_bytes();
		heap = heap_bytes();
		if (all == 0)
			return;
		if (heap <= before + CHANGE_MAX && before <= heap + CHANGE_MAX)
			break;
	}
	const unsigned n = fetch_add_relaxed(&nmeasured, 1);
	int64_t most = (int64_t)(all - heap);
	store_relaxed(&measured[n % NMEASURED], most);
	for (unsigned i = 0; i < NMEASURED && i <= n; i++) {
		const int64_t m = load_relaxed(&measured[i]);
		most = m > most ? m : most;
	}
	store_relaxed(&others, most);
}

struct pacer_memory resident_estimate(void)
{
	lock(&mheap.lock);
	const uint64_t dirty = dirty_bytes();
	const int64_t heap = (int64_t)(scavenger_inuse_bytes() + dirty);
	unlock(&mheap.lock);
	const int64_t all = heap + load_relaxed(&others);
	return (struct pacer_memory){
		.mapped = all > 0 ? (uint64_t)all : 0,
		.heap_free = dirty,
		.heap_alloc = load_relaxed(&collector.heap_live),
	};
}

void resident_set_limit(int64_t limit)
{
	size_t bytes = SIZE_MAX;

	if (limit != INT64_MAX) {
		const int64_t left = limit - load_relaxed(&others);
		bytes = left > 0 ? (size_t)left : 0;
	}
	scavenger_set_limit(bytes);
}
