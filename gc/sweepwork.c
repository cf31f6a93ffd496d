/*
 * sweepwork: sweeping as work that several threads share.
 *
 *   heap map  | swept | being swept |        left        |
 *                                   ^ next, in pages
 *
 * The collector's thread sweeps from one end of the heap map to the other, a
 * piece at a time, and allocating threads take pieces too when they are ahead
 * of it: so the sweep ends before the next mark has to begin, and what is
 * garbage is allocated again before the heap grows for it.  (Besides, a class
 * that needs room sweeps its own spans first: sweep_class_locked.)
 *
 * Invariants: whoever sweeps a piece is in nactive; a mark begins when nobody
 *             is, for it changes the mark bits that a sweep reads.
 * Locking:    those of sweep_pages; none held here.
 * Context:    busy threads, the collector's thread.
 */
#include "gc/sweepwork.h"

#include "core/heapmap.h"
#include "core/os.h"
#include "core/thread.h"
#include "gc/background.h"
#include "gc/cputime.h"
#include "gc/pacer.h"
#include "gc/sweep.h"

enum {
	PIECE = 32,              /* pages taken at once: 256 KiB */
	PIECES_MAX = 8,          /* swept by a call that allocates */
	PIECES_BYTES = 64 << 10, /* ... so much or less; else in proportion */
};

struct sweepwork {
	/* Fixed while is_on. */
	uint64_t npages;       /* of the heap map */
	uint64_t heap_live;    /* bytes, when it began */
	double pages_per_byte; /* to be swept while the heap grows */

	/* Shared (atomic) */
	bool is_on;       /* pieces may be taken */
	uint64_t next;    /* page from which on they are */
	uint32_t nactive; /* threads with a piece; a futex */
};

static struct sweepwork work;

void sweepwork_begin(uint64_t heap_live, uint64_t done_at)
{
	work.npages = load_acquire(&heapmap.size) >> GO_PAGE_SHIFT;
	work.heap_live = heap_live;
	work.pages_per_byte =
		pacer_sweep_ratio(heap_live, done_at, work.npages);
	store_relaxed(&work.next, 0);
	store_seqcst(&work.is_on, true); /* pairs: sweepwork_some */
}

static void sweep_piece(uint64_t first)
{
	const uint64_t left = work.npages - first;
	const uintptr_t lo = heapmap.base + (first << GO_PAGE_SHIFT);

	sweep_pages(lo, lo + ((left < PIECE ? left : PIECE) << GO_PAGE_SHIFT));
}

bool sweepwork_some(void)
{
	bool found = false;

	fetch_add_seqcst(&work.nactive, 1); /* pairs: sweepwork_finish */
	if (load_seqcst(&work.is_on)) {
		const uint64_t first = fetch_add_relaxed(&work.next, PIECE);
		found = first < work.npages;
		if (found)
			sweep_piece(first);
	}
	if (fetch_add_seqcst(&work.nactive, (uint32_t)-1) == 1 &&
		!load_seqcst(&work.is_on))
		os_futex_wake(&work.nactive);
	return found;
}

void sweepwork_finish(void)
{
	uint32_t n;

	while (sweepwork_some())
		background_sweep_slice();
	store_seqcst(&work.is_on, false); /* pairs: sweepwork_some */
	while ((n = load_seqcst(&work.nactive)) != 0)
		os_futex_wait_ms(&work.nactive, n, 1);
}

/* Pages that should be swept by now. */
static uint64_t pages_due(uint64_t heap_live)
{
	if (heap_live <= work.heap_live)
		return 0;
	const double due =
		(double)(heap_live - work.heap_live) * work.pages_per_byte;
	return due < (double)work.npages ? (uint64_t)due : work.npages;
}

void sweepwork_pay(uint64_t heap_live, size_t bytes)
{
	const uint64_t due = pages_due(heap_live);
	const struct thread *t = thread_self();

	if (!load_relaxed(&work.is_on) || load_relaxed(&work.next) >= due)
		return;
	const uint64_t cpu_ns = os_thread_cpu_ns();
	const size_t most = PIECES_MAX * (bytes / PIECES_BYTES + 1);
	for (size_t i = 0; i < most && !load_relaxed(&t->park_wanted) &&
			   load_relaxed(&work.next) < due;
		i++)
		if (!sweepwork_some())
			break;
	cputime_add_assist(os_thread_cpu_ns() - cpu_ns);
}

void sweepwork_fork_child(void)
{
	store_relaxed(&work.is_on, false);
	store_relaxed(&work.nactive, 0);
}
