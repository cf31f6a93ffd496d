/*
 * ledger_glibc: finds what glibc's malloc holds among a process's areas.
 *
 *   [heap]            the main arena
 *   rw-p, ---p        another arena's heap: 64 MiB aligned to 64 MiB, the
 *                     part in use writable, the rest not
 *   anonymous         chunks above the mmap threshold, each with a header:
 *                     size_t prev_size; size_t size | 2 (IS_MMAPPED)
 *
 * The kernel merges neighbouring areas, so chunks are looked for page by
 * page; from one that is found the search goes on behind it.
 *
 * Assumes:    64-bit glibc 2.26 or newer: the layout of a chunk's header and
 *             HEAP_MAX_SIZE.
 */
#include "cmd/ledger_glibc.h"

#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	ARENA_BYTES = 64 << 20,
	CHUNK_FLAGS = 7,
	CHUNK_IS_MMAPPED = 2,
	HEADERS = 512, /* read in one call */
};

struct chunk_header {
	uint64_t prev_size; /* for aligned chunks: bytes before it */
	uint64_t size;      /* and flags */
};

static bool is_arena(const struct smaps *s, size_t i)
{
	const struct area *m = &s->areas[i];

	if (m->start % ARENA_BYTES != 0 || m->end - m->start > ARENA_BYTES)
		return false;
	if (m->end - m->start == ARENA_BYTES)
		return true;
	return i + 1 < s->n && s->areas[i + 1].is_none &&
	       s->areas[i + 1].start == m->end &&
	       s->areas[i + 1].end % ARENA_BYTES == 0;
}

/* The first bytes of n pages from start; returns how many were read. */
static size_t read_headers(
	pid_t pid, uint64_t start, size_t n, struct chunk_header *headers)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct iovec remote[HEADERS];
	struct iovec local = {headers, n * sizeof *headers};

	for (size_t i = 0; i < n; i++) {
		const uintptr_t at = start + i * page;
		memcpy(&remote[i].iov_base, &at, sizeof at);
		remote[i].iov_len = sizeof *headers;
	}
	const ssize_t got = process_vm_readv(pid, &local, 1, remote, n, 0);
	return got <= 0 ? 0 : (size_t)got / sizeof *headers;
}

/* The size of the mmapped chunk that begins there; 0: none does. */
static uint64_t chunk_size(const struct chunk_header *h, uint64_t room)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t size = h->size & ~(uint64_t)CHUNK_FLAGS;

	if ((h->size & CHUNK_FLAGS) != CHUNK_IS_MMAPPED || h->prev_size != 0)
		return 0;
	return size > 0 && size % page == 0 && size <= room ? size : 0;
}

static uint64_t count_chunks(pid_t pid, const struct area *m)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct chunk_header headers[HEADERS];
	uint64_t resident = 0;
	uint64_t at = m->start;

	while (at < m->end) {
		size_t want = (m->end - at) / page;
		if (want > HEADERS)
			want = HEADERS;
		const size_t n = read_headers(pid, at, want, headers);
		if (n == 0)
			return resident;
		uint64_t size = 0;
		size_t i;
		for (i = 0; i < n && size == 0; i++)
			size = chunk_size(&headers[i], m->end - at - i * page);
		if (size == 0) {
			at += n * page;
			continue;
		}
		at += (i - 1) * page;
		resident += smaps_count_resident(pid, at, at + size);
		at += size;
	}
	return resident;
}

uint64_t ledger_glibc_resident(pid_t pid, const struct smaps *s)
{
	uint64_t resident = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct area *m = &s->areas[i];

		if (m->kind == AREA_BRK)
			resident += m->rss;
		else if (m->kind != AREA_ANON || !m->is_writable)
			continue;
		else if (is_arena(s, i))
			resident += m->rss;
		else if (m->rss > 0)
			resident += count_chunks(pid, m);
	}
	return resident;
}
