/*
 * dirty: the ladder, and what of the address space is tracked.
 *
 *   uffd -> devuffd -> snapshot -> softdirty -> stw
 *
 * From left to right: cheaper for the program to dearer.  A rung is taken if
 * it opens and then passes a test of its effect on pages of our own: what was
 * not written is not reported, what was is, once.  A kernel that knows a call
 * but was built without what stands behind it (soft-dirty bits) fails there.
 * snapshot and stw track nothing: everything is read at one moment, in a
 * forked copy or with the world stopped.
 *
 * A process under seccomp may be killed for a system call that its filter does
 * not know.  There each rung is first tried in a child, which dies instead;
 * the child is made by clone(2), which made the coordinator too.
 *
 * A scan that fails says nothing about its range, and if it arms, may have
 * armed pages whose report was lost.  So what arms goes grain by grain of 2 MiB
 * (0.5 ns per page more), and what only looks by pieces of 64 MiB, by grains
 * where that fails.  A grain that failed counts as not tracked for the rest of
 * the cycle, unless it is repaired.  Both end at multiples of their size, so
 * that no huge page is cut by a scan, which would split it.
 *
 * Invariant: a byte of a grain that is not lost was armed by dirty_track or a
 *            repair, and every write since is reported by a scan to come, or
 *            was visited after it was armed again.
 * Locking:   none; see dirty.h.  `lost` is atomic: two scanners may share a
 *            piece or a grain; one that shares it does not repair it.
 */
#include "gc/dirty.h"

#include <sys/prctl.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/fatal.h"
#include "core/os.h"
#include "core/os_own.h"
#include "core/syscall.h"
#include "gc/dirty_rung.h"
#include "gc/dirtymap.h"
#include "gc/snapshot.h"

static bool always_opens(void)
{
	return true;
}

static void nothing_to_close(void)
{
}

static const struct dirty_rung rung_stw = {.which = BARRIER_STW,
	.open = always_opens,
	.close = nothing_to_close,
	.forget = nothing_to_close};

/* From the top; the last one always opens. */
static const struct dirty_rung *const ladder[] = {
	&dirty_rung_uffd,
	&dirty_rung_devuffd,
	&dirty_rung_snapshot,
	&dirty_rung_softdirty,
	&rung_stw,
};

static const struct dirty_rung *rung = &rung_stw;
static struct dirtymap tracked;
static bool can_track; /* in this cycle */

enum barrier dirty_which(void)
{
	return rung->which;
}

bool dirty_can_rearm(void)
{
	return rung->rearm_written != NULL;
}

const char *dirty_name(enum barrier which)
{
	switch (which) {
	case BARRIER_AUTO: return "auto";
	case BARRIER_UFFD: return "uffd";
	case BARRIER_DEVUFFD: return "devuffd";
	case BARRIER_SNAPSHOT: return "snapshot";
	case BARRIER_SOFTDIRTY: return "softdirty";
	case BARRIER_STW: return "stw";
	}
	fatal("dirty: barrier %d", (int)which);
}

/* Pages for the test of a rung's effect, and which of them were reported. */
struct trial {
	uintptr_t base;
	uint64_t reported; /* a bit per page */
};

enum {
	TRIAL_PAGES = 4,
	REHEARSAL_MS = 2000, /* for a few system calls */
};

static void trial_note(uintptr_t lo, uintptr_t hi, void *arg)
{
	struct trial *t = arg;

	for (; lo < hi; lo += os_page_size)
		t->reported |= UINT64_C(1) << ((lo - t->base) / os_page_size);
}

/* Writes one page; whether then that page is reported and no other. */
static bool trial_finds_write(struct trial *t, unsigned page,
	bool (*visit)(uintptr_t, uintptr_t, pagemap_visit_fn *, void *))
{
	const uintptr_t end = t->base + TRIAL_PAGES * os_page_size;
	volatile char *p = (volatile char *)(t->base + page * os_page_size);

	*p = 1;
	t->reported = 0;
	return visit(t->base, end, trial_note, t) &&
	       t->reported == UINT64_C(1) << page;
}

/* Whether an open rung that tracks does so. */
static bool rung_has_effect(const struct dirty_rung *r)
{
	const size_t size = TRIAL_PAGES * os_page_size;
	char *p = os_own_map(size);
	struct trial t = {(uintptr_t)p, 0};

	if (p == NULL)
		return false;
	__builtin_memset(p, 1, size);
	bool works = r->begin() && r->arm(t.base, t.base + size);
	if (works && r->rearm_written != NULL)
		works = trial_finds_write(&t, 2, r->rearm_written) &&
			trial_finds_write(&t, 0, r->rearm_written);
	works = works && trial_finds_write(&t, 2, r->visit_written);
	os_own_unmap(p, size);
	return works;
}

/* Whether the rung works; it is open then. */
static bool rung_open(const struct dirty_rung *r)
{
	if (!r->open())
		return false;
	if (r->arm == NULL || rung_has_effect(r))
		return true;
	r->close();
	return false;
}

/* A snapshot_fn: the rung in a child, which may be killed for its calls. */
static bool rung_rehearse(uint64_t *unused, void *arg)
{
	const struct dirty_rung *const *r = arg;

	(void)unused;
	if (!rung_open(*r))
		return false;
	(*r)->close();
	return true;
}

static bool rung_survives(const struct dirty_rung *r)
{
	struct snapshot s = {0};

	if (!snapshot_prepare(&s, 1))
		return false;
	const bool survives = snapshot_take(&s, rung_rehearse, &r) &&
			      snapshot_wait(&s, REHEARSAL_MS);
	snapshot_discard(&s);
	return survives;
}

/* Whether a filter looks at our system calls, or may. */
static bool has_filter(void)
{
	return syscall1(SYS_prctl, PR_GET_SECCOMP) != 0;
}

static bool rung_take(const struct dirty_rung *r)
{
	if (r != &rung_stw && has_filter() && !rung_survives(r))
		return false;
	if (!rung_open(r))
		return false;
	rung = r;
	return true;
}

enum barrier dirty_init(enum barrier wanted)
{
	size_t i = 0;

	while (ladder[i]->which < wanted || !rung_take(ladder[i]))
		i++;
	if (wanted != BARRIER_AUTO && rung->which != wanted)
		say("barrier=%s does not work here: using %s",
			dirty_name(wanted), dirty_name(rung->which));
	return rung->which;
}

void dirty_after_fork(void)
{
	rung->forget();
	rung = &rung_stw;
	can_track = false;
	dirtymap_clear(&tracked);
}

void dirty_begin(void)
{
	dirtymap_clear(&tracked);
	can_track = rung->arm != NULL && rung->begin();
}

/* The end of the piece or grain of that size that begins at lo. */
static uintptr_t part_end(uintptr_t lo, uintptr_t hi, uint64_t size)
{
	const uintptr_t next = align_down(lo, size) + size;

	return next < hi ? next : hi;
}

/* Arms a piece as far as that can be done; which of its grains are lost. */
static uint32_t arm_piece(uintptr_t lo, uintptr_t hi)
{
	uint32_t lost = 0;

	if (rung->arm(lo, hi))
		return 0;
	for (uintptr_t end; lo < hi; lo = end) {
		end = part_end(lo, hi, DIRTYMAP_GRAIN);
		if (!rung->arm(lo, end))
			lost |= dirtymap_lost_bit(lo);
	}
	return lost;
}

bool dirty_track(uintptr_t lo, uintptr_t hi)
{
	bool all = can_track;

	check(lo <= hi && (lo | hi) % os_page_size == 0);
	dirty_untrack(lo, hi);
	for (uintptr_t end; can_track && lo < hi; lo = end) {
		end = part_end(lo, hi, DIRTYMAP_PIECE);
		const uint32_t lost = arm_piece(lo, end);
		if (!dirtymap_add(&tracked, lo, end, lost) || lost != 0)
			all = false;
	}
	return all;
}

void dirty_untrack(uintptr_t lo, uintptr_t hi)
{
	dirtymap_remove(&tracked, lo, hi);
}

/* A scan that is going on. */
struct scan {
	enum dirty_mode mode;
	void (*visit)(uintptr_t lo, uintptr_t hi, void *arg);
	void *arg;
	struct dirty_found found;
};

static void scan_written(uintptr_t lo, uintptr_t hi, void *arg)
{
	struct scan *s = arg;

	s->found.written += hi - lo;
	s->visit(lo, hi, s->arg);
}

static void scan_untracked(struct scan *s, uintptr_t lo, uintptr_t hi)
{
	s->found.untracked += hi - lo;
	if (s->mode == DIRTY_FINAL)
		s->visit(lo, hi, s->arg);
}

static bool scan_arms(const struct scan *s)
{
	return s->mode != DIRTY_FINAL && rung->rearm_written != NULL;
}

static bool scan_tracked(struct scan *s, uintptr_t lo, uintptr_t hi)
{
	return (scan_arms(s) ? rung->rearm_written : rung->visit_written)(
		lo, hi, scan_written, s);
}

/* Tracks anew what is lost of a grain, if the range has all of it. */
static bool repair_grain(struct dirtymap_piece *p, uintptr_t lo, uintptr_t hi)
{
	const uintptr_t begin = align_down(lo, DIRTYMAP_GRAIN);

	if ((lo != begin && lo != p->lo) ||
		(hi != begin + DIRTYMAP_GRAIN && hi != p->hi) ||
		!rung->arm(lo, hi))
		return false;
	fetch_and_seqcst(&p->lost, ~dirtymap_lost_bit(lo));
	return true;
}

static void scan_grain(
	struct scan *s, struct dirtymap_piece *p, uintptr_t lo, uintptr_t hi)
{
	const uint32_t bit = dirtymap_lost_bit(lo);

	if ((load_relaxed(&p->lost) & bit) == 0 && scan_tracked(s, lo, hi))
		return;
	fetch_or_seqcst(&p->lost, bit);
	if (s->mode == DIRTY_REPAIR && repair_grain(p, lo, hi))
		scan_written(lo, hi, s);
	else
		scan_untracked(s, lo, hi);
}

static void scan_piece(
	struct scan *s, struct dirtymap_piece *p, uintptr_t lo, uintptr_t hi)
{
	if (!scan_arms(s) && load_relaxed(&p->lost) == 0 &&
		scan_tracked(s, lo, hi))
		return;
	for (uintptr_t end; lo < hi; lo = end) {
		end = part_end(lo, hi, DIRTYMAP_GRAIN);
		scan_grain(s, p, lo, end);
	}
}

struct dirty_found dirty_scan(uintptr_t lo, uintptr_t hi, enum dirty_mode mode,
	void (*visit)(uintptr_t lo, uintptr_t hi, void *arg), void *arg)
{
	struct scan s = {mode, visit, arg, {0, 0}};

	for (size_t i = dirtymap_find(&tracked, lo); lo < hi; i++) {
		struct dirtymap_piece *p = NULL;
		uintptr_t begin = hi, end = hi;
		if (i < tracked.npieces && tracked.pieces[i].lo < hi) {
			p = &tracked.pieces[i];
			begin = p->lo > lo ? p->lo : lo;
			end = p->hi < hi ? p->hi : hi;
		}
		if (lo < begin)
			scan_untracked(&s, lo, begin);
		if (begin < end)
			scan_piece(&s, p, begin, end);
		lo = end;
	}
	return s.found;
}
