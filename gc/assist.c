/*
 * assist: allocating threads pay for marking.
 *
 *   malloc --> account -= bytes       below 0: owes work_per_byte * bytes
 *                |
 *                +-- credit: what the background has scanned and nobody has
 *                |           been credited for
 *                +-- work:   marks by itself, from the pool
 *                +-- sleep:  there is no work just now: wait for credit
 *
 * The price (pacer_revise) is such that marking ends when the heap reaches
 * its goal.  A debt is paid 64 KiB of scanning ahead, so that few calls of
 * malloc pay; one call is kept for so long at most and owes the rest, which
 * its thread's next call finds in the account.  Calls are kept longer the
 * farther the heap is beyond its goal, as it is where the collector's thread
 * does not get a processor.
 *
 * A thread that assists is a marker like any other from marker_join to
 * marker_leave.  It is busy, so a stop waits for it; it looks every few
 * microseconds whether one is wanted.  Large objects it leaves to the
 * collector, whose thread has the file that says which of their pages exist.
 * Markers are the library's own memory, one for each processor; who finds none
 * free sleeps: more of them would not be faster.
 *
 *   assist                           collector
 *   nactive++                        is_on = false
 *   is_on?  no: nactive--            nactive == 0?  no: wait
 *
 * Where the goal is the memory limit's nobody allocates beyond it: whoever did
 * stays until the cycle has ended and garbage was swept, though not for ever.
 *
 * While the collector takes more than its half of the processors
 * (gc/cputime.h) nobody assists.
 *
 * Invariants: nobody marks between assist_end and assist_begin.
 * Locking:    markpool, inside.
 * Context:    busy threads that hold no lock; the collector's thread.
 */
#include "gc/assist.h"

#include <linux/futex.h>
#include <time.h>

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os.h"
#include "core/os_own.h"
#include "core/syscall.h"
#include "core/thread.h"
#include "gc/collector.h"
#include "gc/cputime.h"
#include "gc/mark.h"

enum {
	NMARKERS = 64,        /* that assist at one time */
	STEP = 16 << 10,      /* bytes scanned between two looks */
	NAP_NS = 200000,      /* without work: until the next look */
	PATIENCE_NS = 400000, /* kept by one call, at least; and for each */
	PATIENCE_BYTES = 64 << 10,  /* ... of so many bytes, */
	PATIENCE_MAX_NS = 20000000, /* but not longer */
	PATIENCE_PERCENT = 5,   /* doubled for each so much beyond the goal */
	PATIENCE_DOUBLINGS = 6, /* ... but not more often */
	STRICT_NS = 500000000,  /* kept, where memory is at its limit */
};

struct assist {
	/* Fixed while is_on. */
	struct assist_plan plan; /* goal aside */
	struct marker *markers;  /* NMARKERS of them; NULL: no memory */

	/* Shared (atomic) */
	bool is_on;          /* allocations pay */
	uint32_t cycle;      /* counts assist_begin */
	uint32_t nactive;    /* threads in assist_pay; a futex */
	uint32_t nhungry;    /* of them, without work */
	uint32_t turn;       /* futex: counts reasons to look again */
	uint32_t generation; /* counts forks */
	uint64_t used;       /* markers in use, a bit each */
	uint64_t goal;       /* bytes of heap */
	int64_t credit;      /* bytes of background scanning, to be had */
	uint64_t scanned;    /* by all, in this cycle */
	struct assist_totals totals; /* by assists */
};

static struct assist assist;
static _Thread_local struct assist_account assist_account;

/* Accounts. */

int64_t assist_charge(struct assist_account *a, uint32_t cycle, size_t bytes)
{
	if (a->cycle != cycle)
		*a = (struct assist_account){0, cycle};
	a->bytes -= (int64_t)bytes;
	return a->bytes < 0 ? -a->bytes : 0;
}

void assist_credit(
	struct assist_account *a, const struct pacer_debt *debt, int64_t work)
{
	if (work >= debt->work)
		a->bytes += debt->bytes;
	else if (work > 0)
		a->bytes += (int64_t)((double)debt->bytes * (double)work /
				      (double)debt->work);
}

int64_t assist_take(int64_t *background, int64_t work)
{
	int64_t there = load_relaxed(background);

	while (there > 0) {
		const int64_t taken = there < work ? there : work;
		if (try_cas_acqrel(background, &there, there - taken))
			return taken;
	}
	return 0;
}

/* How often patience doubles. */
static unsigned assist_doublings(uint64_t heap_live, uint64_t goal)
{
	if (heap_live <= goal || goal == 0)
		return 0;
	const double percent = (double)(heap_live - goal) * 100 / (double)goal;
	const double doublings = percent / PATIENCE_PERCENT;
	return doublings < PATIENCE_DOUBLINGS ? (unsigned)doublings
					      : PATIENCE_DOUBLINGS;
}

uint64_t assist_patience_ns(size_t bytes, uint64_t heap_live, uint64_t goal)
{
	const uint64_t least = PATIENCE_NS << assist_doublings(heap_live, goal);
	const uint64_t steps = bytes / PATIENCE_BYTES;

	if (steps >= PATIENCE_MAX_NS / least)
		return PATIENCE_MAX_NS > least ? PATIENCE_MAX_NS : least;
	return steps > 1 ? steps * least : least;
}

bool assist_is_strict(void)
{
	return load_relaxed(&collector.is_strict) &&
	       load_relaxed(&collector.heap_live) >=
		       load_relaxed(&collector.goal);
}

/* Until when a call may be kept. */
static uint64_t assist_until_ns(size_t bytes)
{
	const uint64_t live = load_relaxed(&collector.heap_live);
	uint64_t goal = load_relaxed(&collector.goal);

	if (assist_is_strict())
		return os_precise_ns() + STRICT_NS;
	/* One that cannot be met is nothing to wait for. */
	if (goal <= load_relaxed(&collector.trigger))
		goal = UINT64_MAX;
	return os_precise_ns() + assist_patience_ns(bytes, live, goal);
}

/* The collector's side. */

static void assist_wake(void)
{
	fetch_add_seqcst(&assist.turn, 1);
	if (load_relaxed(&assist.nhungry) > 0)
		os_futex_wake_all(&assist.turn);
}

void assist_begin(const struct assist_plan *plan)
{
	if (assist.markers == NULL)
		assist.markers = os_own_map(NMARKERS * sizeof(struct marker));
	assist.plan = *plan;
	assist.totals = (struct assist_totals){0};
	store_relaxed(&assist.goal, plan->goal);
	store_relaxed(&assist.credit, 0);
	store_relaxed(&assist.scanned, 0);
	store_relaxed(&assist.cycle, assist.cycle + 1);
	store_seqcst(&assist.is_on, true); /* pairs: assist_enter */
	assist_wake();
}

void assist_end(void)
{
	uint32_t n;

	store_seqcst(&assist.is_on, false); /* pairs: assist_enter */
	assist_wake();
	while ((n = load_seqcst(&assist.nactive)) != 0)
		os_futex_wait_ms(&assist.nactive, n, 1);
}

void assist_note_scanned(uint64_t bytes)
{
	fetch_add_relaxed(&assist.scanned, bytes);
	fetch_add_relaxed(&assist.credit, (int64_t)bytes);
	if (load_relaxed(&assist.nhungry) > 0)
		assist_wake();
}

void assist_set_goal(uint64_t goal)
{
	store_relaxed(&assist.goal, goal);
}

bool assist_is_hungry(void)
{
	return load_relaxed(&assist.nhungry) > 0;
}

struct assist_totals assist_read_totals(void)
{
	return (struct assist_totals){
		.marked = load_relaxed(&assist.totals.marked),
		.scanned = load_relaxed(&assist.totals.scanned),
	};
}

/* Assisting. */

/* One call of malloc that pays. */
struct assist_call {
	struct thread *thread;
	struct assist_account *account;
	uint64_t until_ns;   /* the call has been kept long enough */
	uint32_t generation; /* of forks, when it began */
};

static bool assist_enter(void)
{
	fetch_add_seqcst(&assist.nactive, 1);
	return load_seqcst(&assist.is_on); /* pairs: assist_begin, assist_end */
}

static void assist_leave(uint32_t generation)
{
	if (load_relaxed(&assist.generation) != generation)
		return; /* in the child of a fork by a handler */
	if (fetch_add_seqcst(&assist.nactive, (uint32_t)-1) == 1 &&
		!load_seqcst(&assist.is_on))
		os_futex_wake(&assist.nactive);
}

/* Whether the call goes on. */
static bool assist_may_stay(const struct assist_call *c)
{
	return !load_relaxed(&c->thread->park_wanted) &&
	       load_relaxed(&assist.is_on) &&
	       load_relaxed(&assist.generation) == c->generation &&
	       os_precise_ns() < c->until_ns;
}

static struct pacer_assist assist_price(void)
{
	const struct pacer_progress progress = {
		.heap_live = load_relaxed(&collector.heap_live),
		.scanned = load_relaxed(&assist.scanned),
		.scan_max = assist.plan.scan_max,
	};

	return pacer_revise(
		&assist.plan.pacer, load_relaxed(&assist.goal), &progress);
}

/* A marker nobody uses, or NULL. */
static struct marker *assist_take_marker(void)
{
	uint64_t used = load_relaxed(&assist.used);

	while (assist.markers != NULL && ~used != 0) {
		const unsigned i = ctz64(~used);
		if (try_cas_acqrel(
			    &assist.used, &used, used | UINT64_C(1) << i))
			return &assist.markers[i];
	}
	return NULL;
}

static void assist_give_marker(const struct marker *m)
{
	const unsigned i = (unsigned)(m - assist.markers);

	fetch_and_seqcst(&assist.used, ~(UINT64_C(1) << i));
}

/* Marks until so much is scanned or there is nothing; how much was. */
static int64_t assist_mark(const struct assist_call *c, int64_t work)
{
	struct marker *m = assist_take_marker();
	bool more = true;

	if (m == NULL)
		return 0;
	marker_join_as_helper(m, assist.plan.pool);
	while (more && (int64_t)m->scanned_bytes < work && assist_may_stay(c)) {
		const int64_t left = work - (int64_t)m->scanned_bytes;
		more = mark_some(m, (uint64_t)(left < STEP ? left : STEP));
	}
	if (load_relaxed(&assist.generation) != c->generation)
		return work;
	marker_leave(m);
	const uint64_t scanned = m->scanned_bytes;
	fetch_add_relaxed(&assist.totals.marked, m->marked_bytes);
	fetch_add_relaxed(&assist.totals.scanned, scanned);
	fetch_add_relaxed(&assist.scanned, scanned);
	assist_give_marker(m);
	return (int64_t)scanned;
}

/* Sleeps until somebody has put up work or credit, or for a moment. */
static void assist_nap(void)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	const uint32_t turn = load_acquire(&assist.turn);

	const uint64_t begin_ns = os_precise_ns();
	fetch_add_seqcst(&assist.nhungry, 1);
	syscall4(SYS_futex, &assist.turn, FUTEX_WAIT_PRIVATE, turn, &nap);
	fetch_add_seqcst(&assist.nhungry, (uint32_t)-1);
	if (!load_relaxed(&collector.is_strict))
		cputime_add_waited(os_precise_ns() - begin_ns);
	cputime_note();
}

/* Pays some of what is owed; false: there is no way to, just now. */
static bool assist_work(const struct assist_call *c)
{
	const struct pacer_assist price = assist_price();
	struct pacer_debt debt = {PACER_ASSIST_MIN, 0};
	if (c->account->bytes < 0)
		debt = pacer_debt(&price, -c->account->bytes);
	int64_t done = assist_take(&assist.credit, debt.work);

	if (done < debt.work)
		done += assist_mark(c, debt.work - done);
	assist_credit(c->account, &debt, done);
	return done > 0;
}

static void assist_stay(struct assist_call *c)
{
	const uint64_t cpu_ns = os_thread_cpu_ns();

	while ((c->account->bytes < 0 || assist_is_strict()) &&
		!cputime_is_limiting() && assist_may_stay(c))
		if (!assist_work(c))
			assist_nap();
	cputime_add_assist(os_thread_cpu_ns() - cpu_ns);
	cputime_note();
}

void assist_pay(size_t bytes)
{
	struct assist_account *a = &assist_account;
	const uint32_t cycle = load_relaxed(&assist.cycle);

	if (!load_relaxed(&assist.is_on) || cputime_is_limiting() ||
		(assist_charge(a, cycle, bytes) == 0 && !assist_is_strict()))
		return;
	struct assist_call c = {
		.thread = thread_self(),
		.account = a,
		.until_ns = assist_until_ns(bytes),
		.generation = load_relaxed(&assist.generation),
	};
	if (assist_enter())
		assist_stay(&c);
	assist_leave(c.generation);
}

void assist_wait_for_start(size_t bytes)
{
	const uint64_t until_ns = assist_until_ns(bytes);
	const struct thread *t = thread_self();

	while (!load_relaxed(&assist.is_on) && !load_relaxed(&t->park_wanted) &&
		!cputime_is_limiting() && load_relaxed(&collector.is_running) &&
		load_relaxed(&collector.heap_live) >=
			load_relaxed(&collector.trigger) &&
		os_precise_ns() < until_ns) {
		collector_request();
		assist_nap();
	}
}

void assist_fork_child(void)
{
	store_relaxed(&assist.is_on, false);
	store_relaxed(&assist.nactive, 0);
	store_relaxed(&assist.nhungry, 0);
	store_relaxed(&assist.used, 0);
	store_relaxed(&assist.generation, assist.generation + 1);
}
