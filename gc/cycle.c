/*
 * cycle: one collection.  cycle_collect is the page to read first.
 *
 *        | sweep the rest | arm | mark beside the program | stop | sweep ...
 *   old mark bits ------->|     | new mark bits ------------------->|
 *   spans may go -------->|     | spans are held ------------>| may go
 *
 * Tri-colour without a compiled barrier: pages are armed, everything is
 * marked, and what lies on pages that were written since is read again, as
 * often as that gets less; what is left when it does not is read while the
 * world is stopped.  Stacks and registers are read then, and in a short stop at
 * the beginning: all that only a stack leads to would else wait for the end.
 *
 * With barrier=snapshot all of that happens in a copy of the process, made in a
 * stop of its own (gc/copymark.h); the last stop only ends the mark.
 *
 * New objects are black.  What is written into them lies on dirty pages,
 * since arming comes before the first black object.
 *
 * Where the world cannot be stopped the cycle frees nothing, and the next one
 * tries again.  Where it cannot be safe at all (no /proc, no way to read
 * memory that may vanish), one line says so, and frees that were deferred are
 * done without proof, as they would be without a collector; nothing else is.
 * The last cycle before the collector ends (collector_end) is such a one.
 *
 * Invariants: a span's mark bits mean something from mark_prepare until it is
 *             swept.
 * Locking:    none held across a step.
 * Context:    the collector's thread.
 */
#include "gc/cycle.h"

#include "core/bits.h"
#include "core/fatal.h"
#include "core/heapmap.h"
#include "core/mheap.h"
#include "core/options.h"
#include "core/os.h"
#include "core/os_own.h"
#include "gc/assist.h"
#include "gc/background.h"
#include "gc/checkmark.h"
#include "gc/collector.h"
#include "gc/copymark.h"
#include "gc/dirty.h"
#include "gc/gc.h"
#include "gc/gcpage.h"
#include "gc/heapwalk.h"
#include "gc/holders.h"
#include "gc/lost.h"
#include "gc/mark.h"
#include "gc/pacing.h"
#include "gc/pagemap.h"
#include "gc/peek.h"
#include "gc/roots.h"
#include "gc/snapmark.h"
#include "gc/stw.h"
#include "gc/sweep.h"
#include "gc/sweepwork.h"

enum {
	ROUNDS_MAX = 8, /* of reading written pages, beside the program */
	ROUND_WORTH = 256 << 10, /* bytes written that ask for another round */
};

/* All of it lives outside the library's data, which is a root. */
struct cycle {
	struct marker marker;      /* this thread's */
	struct markpool pool;      /* of all markers */
	struct roots roots;        /* as read last */
	struct pacing_times times; /* when what happened */
	bool is_stopped_mark;      /* all of it with the world stopped */
	bool is_checked;           /* gccheckmark, and there is memory for it */
	bool is_copied_mark;       /* in a copy: nothing is left to mark */
	size_t tracked;            /* bytes of the heap that are tracked */
	uint64_t globals;          /* bytes scanned in roots, stacks apart */
	uint64_t stacks;           /* bytes scanned in stacks */
};

static struct cycle *cycle;
static bool is_unsafe; /* no mark can be right here */

/* Opening. */

static bool open_all(void)
{
	if (cycle == NULL)
		cycle = os_own_map(sizeof *cycle);
	if (cycle == NULL || !roots_open() || !peek_open())
		return false;
	cycle->pool.lock = (struct lock)LOCK_INIT(markpool);
	enum barrier barrier = dirty_init((enum barrier)options.barrier);
	if (barrier == BARRIER_STW || barrier == BARRIER_SNAPSHOT)
		pagemap_open(); /* the others have it open */
	return true;
}

void cycle_open(void)
{
	static bool is_said;

	is_unsafe = !open_all();
	if (is_unsafe && !is_said)
		say("GOGC: no collection: /proc cannot be read");
	is_said |= is_unsafe;
}

void cycle_close(void)
{
	roots_close();
	peek_close();
	pagemap_close();
	dirty_after_fork(); /* its file went with the thread's */
}

void cycle_fork_child(void)
{
	roots_forget();
	peek_forget();
	pagemap_forget();
	dirty_after_fork();
	snapmark_after_fork();
	if (cycle != NULL)
		markpool_reset(&cycle->pool);
}

/* Arming. */

static size_t heap_size(void)
{
	return load_acquire(&heapmap.size);
}

/* The heap may have grown: what is new is tracked from here on. */
static void track_heap(struct cycle *c)
{
	size_t size = heap_size();

	if (size == c->tracked)
		return;
	dirty_track(heapmap.base + c->tracked, heapmap.base + size);
	c->tracked = size;
}

static bool arm(struct cycle *c)
{
	dirty_begin();
	c->tracked = 0;
	track_heap(c);
	if (!roots_read(&c->roots) || !holders_cut_running(&c->roots))
		return false;
	for (size_t i = 0; i < c->roots.n; i++) {
		const struct root_range *r = &c->roots.ranges[i];
		if (root_is_private(r))
			dirty_track(r->lo, r->hi);
	}
	return true;
}

/* Marking beside the program. */

static void mark_begin(struct cycle *c)
{
	background_begin_cycle();
	pacing_cycle_begins(&c->times);
	c->globals = c->stacks = 0;
	c->is_copied_mark = false;
	c->is_stopped_mark =
		options.gcstoptheworld > 0 || dirty_which() == BARRIER_STW;
	mheap_hold_spans(true);
	store_seqcst(&collector.phase, GC_MARK);
	gcpage_set_phase(STATSPAGE_GC_MARK);
	markpool_clear(&c->pool);
	marker_join(&c->marker, &c->pool);
}

/* From here on what is marked is judged; all there is lies in the window. */
static void prepare(struct cycle *c)
{
	mark_prepare();
	marker_see_heap(&c->marker);
	c->is_checked = options.gccheckmark && checkmark_begin(&c->marker);
}

static void mark_all_roots(struct cycle *c)
{
	uint64_t before = c->marker.scanned_bytes;

	for (size_t i = 0; i < c->roots.n; i++) {
		const struct root_range *r = &c->roots.ranges[i];
		roots_mark(&c->marker, r->kind, r->lo, r->hi);
	}
	c->globals += c->marker.scanned_bytes - before;
}

static void rescan_heap(uintptr_t lo, uintptr_t hi, void *marker)
{
	mark_rescan(marker, lo, hi);
}

struct root_visit {
	struct marker *marker;
	enum root_kind kind;
};

static void rescan_root(uintptr_t lo, uintptr_t hi, void *visit)
{
	const struct root_visit *v = visit;

	roots_mark(v->marker, v->kind, lo, hi);
	roots_mark_edges(v->marker, lo, hi);
}

/* Memory that the heap has got since, with what was written there before. */
static void read_growth(struct cycle *c)
{
	size_t before = c->tracked;

	track_heap(c);
	if (c->tracked != before)
		rescan_heap(heapmap.base + before, heapmap.base + c->tracked,
			&c->marker);
}

/* Reads what was written since it was read; how many bytes that were. */
static size_t read_written(struct cycle *c, enum dirty_mode mode)
{
	size_t size = heap_size();
	struct dirty_found found = dirty_scan(heapmap.base, heapmap.base + size,
		mode == DIRTY_REARM ? DIRTY_REPAIR : mode, rescan_heap,
		&c->marker);

	for (size_t i = 0; i < c->roots.n; i++) {
		const struct root_range *r = &c->roots.ranges[i];
		struct root_visit v = {&c->marker, r->kind};
		struct dirty_found more =
			dirty_scan(r->lo, r->hi, mode, rescan_root, &v);
		found.written += more.written;
	}
	return found.written;
}

static bool mark_beside_program(struct cycle *c)
{
	size_t before = SIZE_MAX;

	if (!arm(c))
		return false;
	prepare(c);
	if (stw_stop()) {
		c->stacks = holders_mark(&c->marker);
		stw_start();
	}
	c->marker.slice = background_mark_slice;
	pacing_assists_begin(&c->times, &c->pool);
	mark_all_roots(c);
	mark_drain(&c->marker);
	for (int round = 0; round < ROUNDS_MAX && dirty_can_rearm(); round++) {
		read_growth(c);
		size_t written = read_written(c, DIRTY_REARM);
		mark_drain(&c->marker);
		if (written < ROUND_WORTH || written > before / 2)
			break;
		before = written;
	}
	return true;
}

/* Everything that is not marked, and what it leads to. */
static void mark_all(struct cycle *c)
{
	c->stacks = holders_mark(&c->marker);
	mark_all_roots(c);
	mark_drain(&c->marker);
}

static void mark_stopped(struct cycle *c)
{
	prepare(c);
	mark_all(c);
}

static void check_marks(struct cycle *c)
{
	uint64_t bytes = c->marker.marked_bytes;

	if (!c->is_checked || !checkmark_save(&c->marker))
		return;
	mark_prepare();
	marker_see_heap(&c->marker);
	mark_all(c);
	checkmark_compare();
	c->marker.marked_bytes = bytes;
}

/* Marking a copy of the process: barrier=snapshot. */

static bool take_copy(struct cycle *c, struct copymark *k)
{
	if (!roots_read(&c->roots))
		return false;
	prepare(c);
	holders_cut_stopped(&c->roots);
	c->stacks = holders_mark(&c->marker);
	return copymark_take(k);
}

/* Without a copy all is marked at the end. */
static bool mark_in_copy(struct cycle *c)
{
	struct copymark k = {&c->marker, &c->roots, 0};
	bool is_checked = options.gccheckmark != 0;

	if (!stw_stop())
		return false;
	bool is_marked =
		take_copy(c, &k) && (!is_checked || copymark_finish(&k));
	if (is_marked && is_checked)
		check_marks(c); /* see gc/copymark.c: not later */
	stw_start();
	c->is_copied_mark = is_marked && (is_checked || copymark_finish(&k));
	c->is_stopped_mark = !c->is_copied_mark;
	c->globals = k.globals;
	return true;
}

static bool mark_finish(struct cycle *c)
{
	if (c->is_copied_mark)
		return true;
	if (!roots_read(&c->roots))
		return false;
	holders_cut_stopped(&c->roots);
	if (c->is_stopped_mark) {
		mark_stopped(c);
	} else {
		c->stacks = holders_mark(&c->marker);
		read_written(c, DIRTY_FINAL);
		mark_drain(&c->marker);
	}
	if (options.gccheckmark)
		check_marks(c);
	return true;
}

/* Ends. */

static void mark_end(struct cycle *c)
{
	marker_leave(&c->marker);
	store_release(&collector.phase, GC_IDLE);
	mheap_hold_spans(false);
}

/* Frees only what the program has freed, without a mark. */
static void keep_span(struct mspan *s, void *unused)
{
	uint64_t *marks = mspan_marks(s);

	(void)unused;
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++)
		store_seqcst(
			&marks[w], ~load_seqcst(&mspan_remote(s)->bits[w]));
}

static void cycle_free_only(void)
{
	sweep_finish();
	mheap_hold_spans(true);
	heapwalk(keep_span, NULL);
	sweep_begin();
	mheap_hold_spans(false);
	sweepwork_begin(0, 0);
	sweepwork_finish();
	pacing_cycle_failed();
}

/* As much as can be marked before the last stop. */
static bool mark_early(struct cycle *c)
{
	return dirty_which() == BARRIER_SNAPSHOT ? mark_in_copy(c)
						 : mark_beside_program(c);
}

/* Marks; false: not everything, for one reason or another. */
static bool cycle_mark(struct cycle *c)
{
	bool is_begun = c->is_stopped_mark || mark_early(c);
	assist_end();
	c->marker.slice = NULL;
	if (!is_begun)
		return false;
	pacing_stops(&c->times);
	store_release(&collector.phase, GC_STOP);
	gcpage_set_phase(STATSPAGE_GC_STOP);
	if (!stw_stop()) {
		pacing_starts();
		return false;
	}
	bool is_marked = mark_finish(c);
	if (is_marked) {
		lost_look();
		sweep_begin();
	}
	stw_start();
	pacing_starts();
	return is_marked;
}

static void cycle_collect(struct cycle *c)
{
	sweep_finish();
	mark_begin(c);
	bool is_marked = cycle_mark(c);
	mark_end(c);
	if (!is_marked) {
		pacing_cycle_failed(); /* and every span stays as it is */
		gcpage_set_phase(STATSPAGE_GC_OFF);
		return;
	}
	gcpage_set_phase(STATSPAGE_GC_SWEEP);
	pacing_cycle_ends(&c->times,
		&(struct pacing_marked){c->marker.marked_bytes,
			{c->marker.scanned_bytes - c->stacks - c->globals,
				c->stacks, c->globals}});
	sweepwork_finish();
	pacing_swept();
	gcpage_set_phase(STATSPAGE_GC_OFF);
}

void cycle_run(void)
{
	if (is_unsafe || collector_is_over())
		cycle_free_only();
	else
		cycle_collect(cycle);
}
