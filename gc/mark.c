/*
 * mark: tri-colour marking by pages that cannot move and words that may lie.
 *
 *   white   allocated, mark bit clear: not reached yet
 *   grey    marked, in a queue (or its page was written since it was read)
 *   black   marked and read; also every free slot, hence every new object
 *
 *   words of a root or an object -> candidates: those within the heap's window
 *     -> their spans -> their mark words -> newly marked: queue -> ring -> read
 *
 * Marking waits for memory, so each arrow but the first is a loop of its own
 * over a batch, which asks for the cache lines that the next one wants; an
 * object's own memory is asked for when it enters the ring and read when it
 * leaves it (KERNEL: a FIFO of 16 is what helps, a prefetch on push does not).
 *
 * What the program has freed and no sweep has taken is kept if it is reached,
 * since somebody may still use it, but it is not read: it keeps nothing alive.
 *
 * Invariants: tri-colour: a black object that points to a white one was read
 *             before that pointer was stored, so it lies on a page that is
 *             dirty and will be read again (mark_rescan).
 *             free slots are marked; so no marker looks at states.
 * Races:      words are read while the program writes them: what is missed
 *             was stored since the page was armed, and is found when the page
 *             is read again.  A half-written word can only keep too much.
 * Locking:    none but the pool's.  Context: worker, assisting mutator.
 */
#include "gc/mark.h"

#include "core/heapmap.h"
#include "gc/heapwalk.h"
#include "gc/objref.h"
#include "gc/pagemap.h"

enum {
	ITEM_CLASS_SHIFT = 48,  /* an item is an address and a size class */
	LARGE_STEP = 256 << 10, /* bytes of a large object in one item */
	SHARE_EVERY = 64,       /* scans between two looks at who is idle */
	LINE = 64,
	EDGE = SCAN_GRAIN, /* bytes of a word that may lie on another page */
};

#define ITEM_ADDR_MASK ((UINT64_C(1) << ITEM_CLASS_SHIFT) - 1)

/* Preparing. */

static void prepare_span(struct mspan *s, void *unused)
{
	uint64_t *marks = mspan_marks(s);

	(void)unused;
	s->has_freed = false;
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++) {
		s->has_freed |= load_relaxed(&mspan_remote(s)->bits[w]) != 0;
		store_seqcst(&marks[w], ~mspan_allocated_bits(s, w));
		/* Freed between: mspan_collect_remote sets the bit first. */
		fetch_or_seqcst(&marks[w], ~mspan_allocated_bits(s, w));
	}
}

void mark_prepare(void)
{
	heapwalk(prepare_span, NULL);
}

void marker_see_heap(struct marker *m)
{
	m->window =
		(struct scan_window){heapmap.base, load_acquire(&heapmap.size)};
}

void marker_join(struct marker *m, struct markpool *pool)
{
	marker_see_heap(m);
	m->nobjects = m->marked_bytes = m->scanned_bytes = 0;
	m->ncandidates = m->nscans = 0;
	m->read = NULL;
	m->note_reread = NULL;
	markqueue_join(&m->queue, pool);
}

void marker_join_as_helper(struct marker *m, struct markpool *pool)
{
	marker_join(m, pool);
	m->queue.is_helper = true;
}

/* Candidates. */

static uint64_t item_of(struct objref o)
{
	return mspan_object(o) | (uint64_t)o.span->class << ITEM_CLASS_SHIFT;
}

/* Marks o; whether it was white and wants to be read. */
static inline bool shade(struct marker *m, struct objref o, uint64_t *word)
{
	uint64_t bit = UINT64_C(1) << o.index % 64;

	if ((load_relaxed(word) & bit) != 0 ||
		(fetch_or_seqcst(word, bit) & bit) != 0)
		return false;
	m->nobjects++;
	m->marked_bytes += mspan_elemsize(o.span);
	return !o.span->has_freed || !mspan_is_marked_remote(o);
}

void mark_object(struct marker *m, struct objref o)
{
	if (shade(m, o, &mspan_marks(o.span)[o.index / 64]))
		markqueue_push(&m->queue, item_of(o));
}

/* The slots that the candidates lie in, their mark words asked for. */
static unsigned find_targets(struct marker *m)
{
	struct mark_target *targets = m->targets;
	struct mspan **spans = m->spans;
	unsigned n = 0;

	for (unsigned i = 0; i < m->ncandidates; i++) {
		size_t page =
			(m->candidates[i] - m->window.base) >> GO_PAGE_SHIFT;
		spans[i] = load_acquire(&heapmap.spans[page]);
		__builtin_prefetch(&spans[i]->base);
	}
	for (unsigned i = 0; i < m->ncandidates; i++) {
		if (spans[i] == NULL)
			continue;
		struct objref o = objref_slot(spans[i], m->candidates[i]);
		if (o.span == NULL)
			continue;
		uint64_t *word = &mspan_marks(o.span)[o.index / 64];
		__builtin_prefetch(word, 1);
		targets[n++] = (struct mark_target){o.span, word, o.index};
	}
	return n;
}

static void flush_candidates(struct marker *m)
{
	unsigned n = find_targets(m);

	m->ncandidates = 0;
	for (unsigned i = 0; i < n; i++) {
		const struct mark_target *t = &m->targets[i];
		struct objref o = {t->span, t->index};
		if (shade(m, o, t->word))
			markqueue_push(&m->queue, item_of(o));
	}
}

static ALWAYS_INLINE void make_room(struct marker *m)
{
	if (unlikely(m->ncandidates > MARK_CANDIDATES - SCAN_STEP))
		flush_candidates(m);
}

/* Collects the candidates of some memory, a multiple of 8 bytes. */
static ALWAYS_INLINE void scan_memory(
	struct marker *m, const char *at, size_t size)
{
	struct scan_window window = m->window;
	size_t nwords = size / SCAN_GRAIN - 1; /* the last one ends there */

	m->scanned_bytes += size;
	for (; nwords >= SCAN_STEP; nwords -= SCAN_STEP) {
		make_room(m);
		m->ncandidates =
			scan_step(at, &window, m->candidates, m->ncandidates);
		at += SCAN_STEP * SCAN_GRAIN;
	}
	make_room(m);
	m->ncandidates = scan_rest(
		at, (unsigned)nwords, &window, m->candidates, m->ncandidates);
}

void mark_roots(struct marker *m, const uintptr_t *words, size_t n)
{
	if (n > 0)
		scan_memory(m, (const char *)words, n * sizeof *words);
}

/* Objects. */

static void scan_pages(uintptr_t lo, uintptr_t hi, void *marker)
{
	if (lo < hi)
		scan_memory(marker, (const char *)lo, hi - lo);
}

/*
 * A step of a large object; the rest is queued first, for others to take.
 * What was never touched has no page, and is not to get one by being read.
 */
static NOINLINE void scan_large(struct marker *m, uintptr_t addr)
{
	struct mspan *s = heapmap_lookup(addr);
	uintptr_t end = s->base + mspan_elemsize(s);

	if (end - addr > LARGE_STEP) {
		end = addr + LARGE_STEP;
		markqueue_push(&m->queue, end);
	}
	if (!pagemap_visit_populated(addr, end, scan_pages, m))
		scan_pages(addr, end, m);
}

void mark_words(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	scan_pages(lo, hi, m);
}

static NOINLINE void read_item(struct marker *m, uintptr_t addr, unsigned class)
{
	size_t size = class != 0 ? sizeclass_table[class].size
				 : mspan_elemsize(heapmap_lookup(addr));

	m->read(m, addr, addr + size);
}

static ALWAYS_INLINE void scan_item(struct marker *m, uint64_t item)
{
	uintptr_t addr = item & ITEM_ADDR_MASK;
	unsigned class = (unsigned)(item >> ITEM_CLASS_SHIFT);

	if (unlikely(m->read != NULL))
		read_item(m, addr, class);
	else if (unlikely(class == 0 && m->queue.is_helper))
		markqueue_put_aside(&m->queue, item);
	else if (unlikely(class == 0))
		scan_large(m, addr);
	else
		scan_memory(m, (const char *)addr, sizeclass_table[class].size);
}

/* Asks for the memory of an object. */
static ALWAYS_INLINE void prefetch_item(uint64_t item)
{
	uintptr_t addr = item & ITEM_ADDR_MASK;
	size_t size = sizeclass_table[item >> ITEM_CLASS_SHIFT].size;

	__builtin_prefetch((const char *)addr);
	if (addr % LINE + size > LINE)
		__builtin_prefetch((const char *)addr + LINE);
}

/*
 * Fills half of the ring, which is empty.  All its memory is asked for in one
 * go, so that the lines, and the page tables before them, come side by side.
 */
static NOINLINE void fill_half(struct marker *m, uint64_t *half)
{
	unsigned n = 0;

	for (;;) {
		uint64_t item;
		while (n < MARKQUEUE_HALF &&
			(item = markqueue_take(&m->queue)) != 0)
			half[n++] = item;
		if (n > 0 || m->ncandidates == 0)
			break;
		flush_candidates(m);
	}
	for (unsigned i = 0; i < n; i++)
		prefetch_item(half[i]);
}

/* This half of the ring has no more: goes on with the other. */
static NOINLINE void change_half(struct marker *m)
{
	struct markqueue *q = &m->queue;
	uint32_t here = q->at / MARKQUEUE_HALF * MARKQUEUE_HALF;
	uint32_t other = MARKQUEUE_HALF - here;

	fill_half(m, &q->ring[here]);
	q->at = q->ring[other] != 0 ? other : here;
}

/* The next item to scan, its memory asked for a while ago; 0: none. */
static ALWAYS_INLINE uint64_t next_item(struct marker *m)
{
	struct markqueue *q = &m->queue;

	if (q->ring[q->at] == 0)
		change_half(m);
	uint64_t item = q->ring[q->at];
	q->ring[q->at] = 0;
	if (++q->at % MARKQUEUE_HALF == 0) {
		q->at--; /* the last of its half */
		change_half(m);
	}
	return item;
}

bool mark_some(struct marker *m, uint64_t bytes)
{
	uint64_t until = m->scanned_bytes + bytes, item;

	while (m->scanned_bytes < until) {
		if ((item = next_item(m)) == 0)
			return false;
		scan_item(m, item);
		if (unlikely(++m->nscans % SHARE_EVERY == 0) &&
			load_relaxed(&m->queue.pool->nidle) > 0)
			markqueue_share(&m->queue);
	}
	return true;
}

static void rescan_everything(struct marker *m)
{
	mark_rescan(m, 0, UINTPTR_MAX);
}

/* As mark_some; false as well. */
static bool mark_slice(struct marker *m)
{
	if (m->slice == NULL)
		return mark_some(m, UINT64_MAX / 2);
	bool more = mark_some(m, MARK_SLICE);
	m->slice(m);
	return more;
}

void mark_drain(struct marker *m)
{
	do {
		do {
			while (mark_slice(m))
				;
			if (markpool_take_overflow(m->queue.pool))
				rescan_everything(m);
		} while (m->ncandidates > 0);
	} while (markqueue_wait(&m->queue));
}

void marker_offer(struct marker *m)
{
	flush_candidates(m);
	markqueue_offer(&m->queue);
}

void marker_share(struct marker *m)
{
	if (load_relaxed(&m->queue.pool->full) == NULL)
		markqueue_share(&m->queue);
}

void marker_leave(struct marker *m)
{
	flush_candidates(m);
	markqueue_leave(&m->queue);
}

/* Pages that were written. */

struct rescan {
	struct marker *marker;
	uintptr_t lo;
	uintptr_t hi;
};

/* Objects of word w that are marked, allocated and not freed. */
static uint64_t readable_bits(struct mspan *s, unsigned w)
{
	return mspan_allocated_bits(s, w) & load_relaxed(&mspan_marks(s)[w]) &
	       ~load_relaxed(&mspan_remote(s)->bits[w]);
}

static void rescan_object(const struct rescan *r, struct objref o)
{
	uintptr_t lo = mspan_object(o), hi = lo + mspan_elemsize(o.span);

	/* A word may lie across the edge of a page. */
	lo = lo + EDGE > r->lo ? lo : r->lo - EDGE;
	hi = hi - EDGE < r->hi ? hi : r->hi + EDGE;
	if (unlikely(r->marker->note_reread != NULL))
		r->marker->note_reread(lo, hi);
	if (hi - lo > LARGE_STEP && /* so it was not a page's write */
		pagemap_visit_populated(lo, hi, scan_pages, r->marker))
		return;
	scan_pages(lo, hi, r->marker);
}

static void rescan_span(struct mspan *s, void *arg)
{
	const struct rescan *r = arg;
	uintptr_t last_byte = r->hi - 1;
	uint32_t first = r->lo > s->base ? objref_slot(s, r->lo).index : 0;
	uint32_t last = objref_slot(s, last_byte).index;

	if (last_byte - s->base >= (uint64_t)s->npages << GO_PAGE_SHIFT ||
		last >= s->nelems)
		last = s->nelems - 1u;
	for (uint32_t i = first; i <= last;) {
		uint64_t bits = readable_bits(s, i / 64) >> i % 64;
		if (bits == 0) {
			i = (i / 64 + 1) * 64;
			continue;
		}
		i += ctz64(bits);
		if (i <= last)
			rescan_object(r, (struct objref){s, i});
		i++;
	}
}

void mark_rescan(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	struct rescan r = {m, lo, hi};

	heapwalk_range(lo, hi, rescan_span, &r);
}
