/*
 * mheap: spans from pages, pages from the OS.
 *
 *   window:  base ....... grown_end ....... reserved_end ......... base+window
 *            known to pages   ours, PROT_NONE      nobody's, only hoped for
 *
 * The heap grows at grown_end in steps that follow its size.  Address space
 * is reserved piece by piece too: a limit on it (ulimit -v) then costs the
 * program nothing before it is reached, and the process looks as large as it
 * is.  Should something else be mapped in the window, the heap goes on behind
 * it; the page allocator is used to holes.
 *
 * Where the kernel charges memory when it is made writable
 * (os_release_uncommits), pages become ready when a span is cut from them;
 * elsewhere, when the heap grows.
 *
 * Free pages stay resident up to a goal and go back to the OS beyond it
 * (core/scavenger.c).
 *
 * Invariants: heapmap maps every page of a span in use to it, others to NULL.
 * Locking:    mheap.  Context: busy threads.
 */
#include "core/mheap.h"

#include "core/bits.h"
#include "core/fatal.h"
#include "core/fixalloc.h"
#include "core/heapmap.h"
#include "core/options.h"
#include "core/os.h"
#include "core/os_own.h"
#include "core/scavenger.h"
#include "core/statspage.h"
#include "prof/prof.h"

enum {
	GROW_ALIGN = 64 << 10,        /* largest OS page of any machine */
	ZEROED_REGRET_MAX = 32 << 20, /* glibc's limit for reusing a block */
	GROW_MIN = 256 << 10,         /* the least the heap grows by */
	GROW_MAX = 16 << 20,          /* the most, but for a larger request */
	GROW_DIVISOR = 16,            /* the step's share of the heap */
	RESERVE_MIN = 4 << 20,        /* the least reserved at once */
	RESERVE_MAX = 64 << 20,       /* the most, but for a larger request */
	RESERVE_DIVISOR = 4,          /* the step's share of the reserve */
	HOLE_STEP = 64 << 20,         /* how far to go on behind a hole */
	HOLES_MAX = 256,              /* tries before giving up */
	WINDOW_RANDOM = 1 << 14,      /* places where a window may start */
};

#define WINDOW_BASE  (UINT64_C(0xc0) << 32) /* see core/heapmap.h */
#define WINDOW_ALIGN (UINT64_C(64) << 20)
#define WINDOW_MIN   (UINT64_C(64) << 20)
#define WINDOW_MAX   (UINT64_C(16) << 40)
#define WINDOW_USUAL (UINT64_C(64) << 30)

/* The sanitizers' shadow lies at WINDOW_BASE; this is the program's in all. */
#define WINDOW_SANITIZED (UINT64_C(0x5580) << 32)

struct mheap mheap = {.lock = LOCK_INIT(mheap)};

static size_t page_bytes(size_t npages)
{
	return npages << GO_PAGE_SHIFT;
}

static uintptr_t page_addr(size_t page)
{
	return mheap.base + page_bytes(page);
}

static size_t page_of(uintptr_t addr)
{
	return (addr - mheap.base) >> GO_PAGE_SHIFT;
}

/* Setting up. */

static uint64_t pow2_at_least(uint64_t n, uint64_t low, uint64_t high)
{
	while (low < n && low < high)
		low *= 2;
	return low;
}

/* Four times what the machine has, less where a limit makes it pointless. */
static uint64_t window_wanted(void)
{
	uint64_t limit = os_address_space_limit();
	uint64_t wanted = pow2_at_least(
		4 * os_physical_memory(), WINDOW_USUAL, WINDOW_MAX);

	if (limit < wanted / 2)
		wanted = pow2_at_least(2 * limit, WINDOW_MIN, wanted);
	return wanted;
}

static bool commit_table(void *addr, size_t size)
{
	return os_commit((uintptr_t)addr, size);
}

static bool tables_init(uint64_t window)
{
	size_t map_size = align_up(heapmap_table_size(window), GROW_ALIGN);
	size_t max_pages = window >> GO_PAGE_SHIFT;
	char *tables = os_reserve(map_size + pages_storage_size(max_pages));

	if (tables == NULL)
		return false;
	os_own_note(
		(uintptr_t)tables, map_size + pages_storage_size(max_pages));
	heapmap_init(mheap.base, tables);
	pages_init(&mheap.pages, max_pages, tables + map_size, commit_table);
	return true;
}

static uintptr_t window_base(void)
{
	if (SANITIZED)
		return WINDOW_SANITIZED;
	return WINDOW_BASE + os_random() % WINDOW_RANDOM * WINDOW_ALIGN;
}

bool mheap_init(void)
{
	uint64_t window = window_wanted();

	mheap.base = window_base();
	while (!tables_init(window)) {
		window /= 2;
		if (window < WINDOW_MIN)
			return false;
	}
	mheap.window = window;
	mheap.reserved_end = mheap.grown_end = mheap.base;
	scavgoal_init(&mheap.goal);
	mheap.ready = true;
	return true;
}

/* Growing. */

static size_t clamp(size_t n, size_t low, size_t high)
{
	return n < low ? low : n > high ? high : n;
}

/* Tries to reserve size bytes at reserved_end. */
static enum os_reserve_result reserve_at_end(size_t size)
{
	if (size > mheap.base + mheap.window - mheap.reserved_end)
		return OS_NO_MEMORY;
	enum os_reserve_result r = os_reserve_at(mheap.reserved_end, size);
	if (r == OS_RESERVED) {
		os_own_note_heap(mheap.reserved_end, size);
		mheap.reserved_end += size;
		mheap.reserved += size;
	}
	return r;
}

/* What lies at reserved_end is not ours: the heap goes on behind it. */
static void skip_hole(void)
{
	uintptr_t next = align_up(mheap.reserved_end + 1, HOLE_STEP);
	uintptr_t end = mheap.base + mheap.window;

	mheap.reserved_end = mheap.grown_end = next < end ? next : end;
}

/* Makes [grown_end, reserved_end) at least need bytes, better want. */
static bool reserve(size_t need, size_t want)
{
	want = clamp(mheap.reserved / RESERVE_DIVISOR, want,
		want > RESERVE_MAX ? want : RESERVE_MAX);
	want = align_up(want < RESERVE_MIN ? RESERVE_MIN : want, GROW_ALIGN);
	for (int i = 0; i < HOLES_MAX; i++) {
		size_t have = mheap.reserved_end - mheap.grown_end;
		if (have >= need)
			return true;
		enum os_reserve_result r = reserve_at_end(want);
		if (r == OS_NO_MEMORY)
			r = reserve_at_end(align_up(need - have, GROW_ALIGN));
		if (r == OS_NO_MEMORY)
			return false;
		if (r == OS_TAKEN)
			skip_hole();
	}
	return false;
}

/* Makes size bytes at grown_end known to the page allocator. */
static bool grow_by(size_t size)
{
	if (!os_release_uncommits() && !os_commit(mheap.grown_end, size))
		return false;
	if (!heapmap_grow(mheap.grown_end + size - mheap.base) ||
		!pages_grow(&mheap.pages, page_of(mheap.grown_end),
			size >> GO_PAGE_SHIFT))
		return false;
	mheap.grown_end += size;
	return true;
}

static bool grow(size_t npages)
{
	size_t need = align_up(page_bytes(npages), GROW_ALIGN);
	size_t known = page_bytes(mheap.pages.npages_known);
	size_t want = clamp(known / GROW_DIVISOR, GROW_MIN, GROW_MAX);

	want = align_up(want > need ? want : need, GROW_ALIGN);
	if (!reserve(need, want))
		return false;
	size_t have = mheap.reserved_end - mheap.grown_end;
	return grow_by(want < have ? want : have) || grow_by(need);
}

/* Spans. */

size_t mheap_release_all(void)
{
	lock(&mheap.lock);
	size_t released = mheap.ready ? scavenger_release_all_locked() : 0;
	if (CHECK_LEVEL >= 2 && mheap.ready)
		pages_verify(&mheap.pages);
	statspage_publish_locked();
	unlock(&mheap.lock);
	return released;
}

void mheap_set_purged(struct mspan *s, size_t bytes)
{
	fetch_add_relaxed(&mheap.purged_bytes, bytes - s->purged);
	s->purged = (uint32_t)bytes;
}

static size_t take_pages(const struct span_shape *shape, size_t *nscavenged)
{
	size_t page = pages_alloc(
		&mheap.pages, shape->npages, shape->align, nscavenged);

	/* An aligned run may start anywhere in what the heap grows by. */
	if (page == PAGES_NONE && grow(shape->npages + shape->align - 1))
		page = pages_alloc(
			&mheap.pages, shape->npages, shape->align, nscavenged);
	return page;
}

/*
 * Whether it was wrong to give the pages back: not where they have to be zero,
 * for then the kernel's pages cost no more than clearing ours, and may never
 * be touched; up to a limit, since a block that is cleared, filled and freed
 * again and again is cheaper in the cache.
 */
static bool is_regretted(bool wants_zero)
{
	return mheap.released_bytes > 0 &&
	       (!wants_zero || mheap.goal.regret < ZEROED_REGRET_MAX);
}

/* Pages that were given back are used again. */
static bool make_ready(
	size_t page, size_t npages, size_t nscavenged, bool wants_zero)
{
	if (nscavenged == 0)
		return true;
	if (is_regretted(wants_zero)) {
		scavgoal_note_in_use(&mheap.goal, scavenger_inuse_bytes());
		scavgoal_note_reused(
			&mheap.goal, page_bytes(nscavenged), os_now_ns());
	}
	return !os_release_uncommits() ||
	       os_commit(page_addr(page), page_bytes(npages));
}

static struct mspan *new_mspan(unsigned nelems)
{
	unsigned nlines = mspan_nlines(nelems);
	struct mspan *s = fixalloc_take(FIXALLOC_MSPAN, nlines);

	if (s != NULL)
		s->nlines = (uint8_t)nlines;
	return s;
}

static void count_span(const struct mspan *s, int sign)
{
	mheap.nspans += (size_t)sign;
	if (s->class != 0)
		return;
	mheap.nlarge += (size_t)sign;
	mheap.large_pages += (size_t)sign * s->npages;
	if (sign > 0) {
		mheap.large_mallocs++;
		mheap.large_bytes += page_bytes(s->npages);
	}
}

static struct mspan *alloc_span_locked(
	const struct span_shape *shape, bool *zeroed)
{
	size_t nscavenged = 0;
	struct mspan *s = new_mspan(shape->nelems);

	if (s == NULL)
		return NULL;
	size_t page = take_pages(shape, &nscavenged);
	if (page == PAGES_NONE) {
		fixalloc_give(FIXALLOC_MSPAN, s, s->nlines);
		return NULL;
	}
	if (!make_ready(page, shape->npages, nscavenged, shape->wants_zero)) {
		pages_put_scavenged(
			&mheap.pages, (struct page_run){page, shape->npages});
		fixalloc_give(FIXALLOC_MSPAN, s, s->nlines);
		return NULL;
	}
	if (nscavenged > 0)
		scavenger_make_room_locked(page_bytes(nscavenged));
	/* After MADV_FREE the old contents may still be there. */
	*zeroed = nscavenged == shape->npages && options.madvdontneed;
	mspan_init(s, page_addr(page), (uint32_t)shape->npages, shape->class,
		shape->nelems);
	store_relaxed(&s->sweepgen, load_relaxed(&mheap.sweepgen));
	heapmap_set(s->base, shape->npages, s);
	count_span(s, 1);
	return s;
}

struct mspan *mheap_alloc_span(const struct span_shape *shape, bool *zeroed)
{
	size_t most = mheap.window >> GO_PAGE_SHIFT;

	if (shape->npages > most || shape->align > most)
		return NULL;
	lock(&mheap.lock);
	struct mspan *s = alloc_span_locked(shape, zeroed);
	statspage_publish_locked();
	unlock(&mheap.lock);
	return s;
}

/* The span is no longer anybody's; its memory and its map entries stay. */
static void leave_use(struct mspan *s)
{
	uintptr_t *handoff = &mspan_remote(s)->handoff;

	count_span(s, -1);
	mheap_set_purged(s, 0);
	/* A large object; of the others none is left. */
	if (unlikely(load_relaxed(&s->states[0]) == OBJECT_SAMPLED))
		prof_forget(s->base); /* nobody freed it: a sweep did */
	store_release(&s->states[0], OBJECT_FREE);
	if ((exchange_seqcst(handoff, HANDOFF_DEAD) & HANDOFF_DEFERRED) != 0)
		fetch_or_seqcst(handoff, HANDOFF_DEFERRED);
}

/* The struct goes too; the pages are for the caller to give back. */
static struct page_run retire_span(struct mspan *s)
{
	struct page_run run = {page_of(s->base), s->npages};
	uintptr_t handoff = load_seqcst(&mspan_remote(s)->handoff);

	heapmap_set(s->base, s->npages, NULL);
	/* Still in a thread's list of deferred spans: never used again. */
	if ((handoff & HANDOFF_DEFERRED) == 0)
		fixalloc_give(FIXALLOC_MSPAN, s, s->nlines);
	return run;
}

static void hold_span(struct mspan **held, struct mspan *s)
{
	s->next = *held;
	*held = s;
}

void mheap_free_span(struct mspan *s)
{
	lock(&mheap.lock);
	leave_use(s);
	if (unlikely(mheap.holding)) {
		hold_span(&mheap.held, s);
	} else {
		struct page_run run = retire_span(s);
		pages_free(&mheap.pages, run.first, run.npages);
		scavenger_release_excess_locked();
	}
	statspage_publish_locked();
	unlock(&mheap.lock);
	scavenger_wake();
}

void mheap_free_span_released(struct mspan *s)
{
	lock(&mheap.lock);
	leave_use(s);
	if (unlikely(mheap.holding))
		hold_span(&mheap.held_released, s);
	else
		pages_put_scavenged(&mheap.pages, retire_span(s));
	statspage_publish_locked();
	unlock(&mheap.lock);
}

static void let_go_locked(void)
{
	struct mspan *s;

	mheap.holding = false;
	while ((s = mheap.held) != NULL) {
		mheap.held = s->next;
		struct page_run run = retire_span(s);
		pages_free(&mheap.pages, run.first, run.npages);
	}
	while ((s = mheap.held_released) != NULL) {
		mheap.held_released = s->next;
		pages_put_scavenged(&mheap.pages, retire_span(s));
	}
}

void mheap_hold_spans(bool on)
{
	lock(&mheap.lock);
	if (on)
		mheap.holding = true;
	else
		let_go_locked();
	unlock(&mheap.lock);
}

void mheap_fork_child_locked(void)
{
	let_go_locked();
}

/* gccheckmark=1 wants what it knows of an object to hold for all of it. */
static bool may_lengthen(void)
{
	return !mheap.holding || !options.gccheckmark;
}

static bool lengthen_span(struct mspan *s, size_t npages)
{
	size_t first = page_of(s->base) + s->npages;
	size_t more = npages - s->npages, nscavenged = 0;

	if (!pages_alloc_at(&mheap.pages, first, more, &nscavenged))
		return false;
	if (!make_ready(first, more, nscavenged, false)) {
		pages_put_scavenged(
			&mheap.pages, (struct page_run){first, more});
		return false;
	}
	scavenger_make_room_locked(page_bytes(nscavenged));
	heapmap_set(page_addr(first), more, s);
	return true;
}

static void shorten_span(struct mspan *s, size_t npages)
{
	size_t first = page_of(s->base) + npages;
	size_t fewer = s->npages - npages;

	heapmap_set(page_addr(first), fewer, NULL);
	pages_free(&mheap.pages, first, fewer);
}

bool mheap_resize_span(struct mspan *s, size_t npages)
{
	bool done = true;

	if (npages > mheap.window >> GO_PAGE_SHIFT)
		return false;
	lock(&mheap.lock);
	if (npages <= s->npages && mheap.holding)
		npages = s->npages; /* it may be read: it stays as it is */
	else if (npages > s->npages && !may_lengthen())
		done = false;
	else if (npages > s->npages)
		done = lengthen_span(s, npages);
	else
		shorten_span(s, npages);
	if (done) {
		if (npages > s->npages)
			mheap.large_bytes += page_bytes(npages - s->npages);
		mheap.large_pages += npages - s->npages;
		s->npages = (uint32_t)npages;
		scavenger_release_excess_locked();
	}
	statspage_publish_locked();
	unlock(&mheap.lock);
	return done;
}
