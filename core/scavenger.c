/*
 * scavenger: gives free pages back to the OS.
 *
 *   freed pages --> within the goal (core/scavgoal.h): stay resident
 *               --> beyond: given back at once, by the thread that freed them
 *   goal falls with time --> given back by the helper thread
 *
 * Most of the work is done in line: what exceeds the goal goes back when it
 * is freed, highest addresses first, so a program that frees its memory and
 * then sleeps for ever holds little.  The goal is larger for a while after a
 * program has shown that it takes back what it frees; only for this part is
 * there a helper thread, which lets it go when the program no longer calls.
 *
 * Under a memory limit pages that are about to become resident make others go
 * first (scavenger_make_room_locked).
 *
 * The helper is a plain kernel thread (os_thread_start): signals blocked,
 * unknown to libc, without its TLS.  It exists only while there is something
 * for it to wait for and the program has at least two threads that allocate;
 * when the last but one of these ends, it waits for the helper's end
 * (scavenger_stop).  So a program that is single-threaded, or is so again,
 * has one thread for the kernel too, as unshare(2) and setns(2) demand.
 *
 * The lock is dropped while pages are given back: they count as in use.
 *
 * Locking:    mheap.  Context: busy threads, and the helper.
 */
#include "core/scavenger.h"

#include "core/atomics.h"
#include "core/bits.h"
#include "core/fatal.h"
#include "core/mcache.h"
#include "core/mheap.h"
#include "core/options.h"
#include "core/os.h"
#include "core/statspage.h"
#include "core/thread.h"

enum {
	RELEASE_SLACK = 1 << 20, /* excess that is worth a system call */
	RELEASE_PAGES = 512,     /* most Go pages given back in one call */
	HELPER_WORTH = 8 << 20,  /* regret that is worth a thread */
	HELPER_MS = 250,         /* between two looks of the helper */
	HELPER_THREADS = 2,      /* the program's, for the helper to exist */
};

/* How the helper is told to end. */
enum helper_order { GO_ON, END };

static struct os_thread helper;  /* started under mheap */
static uint32_t order = GO_ON;   /* futex word: enum helper_order */
static size_t traced_background; /* bytes since the last line; mheap */
static size_t traced_eager;      /* likewise, in line */

static size_t dirty_bytes(void)
{
	return mheap.pages.npages_dirty << GO_PAGE_SHIFT;
}

size_t scavenger_inuse_bytes(void)
{
	size_t npages = mheap.pages.npages_known - mheap.pages.npages_free;

	return (npages << GO_PAGE_SHIFT) - load_relaxed(&mheap.purged_bytes);
}

static void release_run_locked(struct page_run run)
{
	uintptr_t addr = mheap.base + (run.first << GO_PAGE_SHIFT);

	unlock(&mheap.lock);
	os_release(addr, run.npages << GO_PAGE_SHIFT);
	lock(&mheap.lock);
	pages_put_scavenged(&mheap.pages, run);
	mheap.released_bytes += run.npages << GO_PAGE_SHIFT;
}

/* Gives back until at most keep bytes are free and resident. */
static size_t release_down_to_locked(size_t keep)
{
	size_t released = 0;

	while (dirty_bytes() > keep) {
		size_t excess = ceil_div(dirty_bytes() - keep, GO_PAGE_SIZE);
		struct page_run run = pages_take_dirty(&mheap.pages,
			excess < RELEASE_PAGES ? excess : RELEASE_PAGES);
		if (run.npages == 0)
			break; /* others have taken it all and are at it */
		release_run_locked(run);
		released += run.npages << GO_PAGE_SHIFT;
	}
	return released;
}

/* Go's line.  util: how much of what is resident is in use. */
static void trace_locked(size_t background, size_t eager)
{
	size_t inuse = scavenger_inuse_bytes(),
	       resident = inuse + dirty_bytes();
	size_t now = (mheap.pages.npages_free << GO_PAGE_SHIFT) - dirty_bytes();

	traced_background += background;
	traced_eager += eager;
	if (!options.scavtrace || background + eager == 0)
		return;
	say("scav %zu KiB work (bg), %zu KiB work (eager), %zu KiB now, "
	    "%zu%% util",
		traced_background >> 10, traced_eager >> 10, now >> 10,
		resident > 0 ? inuse * 100 / resident : 100);
	traced_background = traced_eager = 0;
}

static size_t release_to_goal_locked(void)
{
	uint64_t now = os_now_ns();
	size_t keep =
		scavgoal_allowance(&mheap.goal, scavenger_inuse_bytes(), now);

	if (dirty_bytes() <= keep + RELEASE_SLACK)
		return 0;
	size_t released = release_down_to_locked(keep);
	scavgoal_note_released(&mheap.goal, released, now);
	return released;
}

void scavenger_release_excess_locked(void)
{
	if (dirty_bytes() > SCAVGOAL_FLOOR + RELEASE_SLACK ||
		mheap.goal.limit != SIZE_MAX)
		trace_locked(0, release_to_goal_locked());
}

void scavenger_make_room_locked(size_t bytes)
{
	const size_t excess = scavgoal_excess(&mheap.goal,
		scavenger_inuse_bytes() - bytes, dirty_bytes(), bytes);

	if (excess > 0)
		trace_locked(0, release_down_to_locked(dirty_bytes() - excess));
}

void scavenger_set_limit(size_t bytes)
{
	lock(&mheap.lock);
	mheap.goal.limit = bytes;
	scavenger_release_excess_locked();
	unlock(&mheap.lock);
}

size_t scavenger_release_all_locked(void)
{
	size_t released = release_down_to_locked(0);

	trace_locked(0, released);
	return released;
}

/* The helper. */

static bool is_wanted_locked(void)
{
	return mheap.goal.regret >= HELPER_WORTH &&
	       dirty_bytes() >= HELPER_WORTH &&
	       load_relaxed(&mcaches.ninuse) >= HELPER_THREADS;
}

static void helper_main(void *unused)
{
	(void)unused;
	bool wanted = true;

	thread_self()->busy = true; /* in TLS of its own, all zero */
	while (wanted && load_relaxed(&order) == GO_ON) {
		os_futex_wait_ms(&order, GO_ON, HELPER_MS);
		lock(&mheap.lock);
		trace_locked(release_to_goal_locked(), 0);
		wanted = is_wanted_locked();
		statspage_publish_locked();
		unlock(&mheap.lock);
	}
}

void scavenger_wake(void)
{
	/* The sanitizers know no threads but libc's. */
	if (SANITIZED || load_relaxed(&mheap.goal.regret) < HELPER_WORTH)
		return;
	lock(&mheap.lock);
	if (is_wanted_locked() && !os_thread_is_running(&helper)) {
		store_relaxed(&order, GO_ON);
		os_thread_start(&helper, helper_main, &thread_local_state);
	}
	unlock(&mheap.lock);
}

void scavenger_stop(void)
{
	store_relaxed(&order, END);
	os_futex_wake(&order);
	os_thread_wait(&helper);
}

void scavenger_fork_child(void)
{
	os_thread_forget(&helper);
}
