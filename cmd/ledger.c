/*
 * ledger: two accounts of one process's memory, laid side by side.
 *
 *   the allocator     live + slots + kept [+ metadata]       what it counts
 *   the kernel        resident bytes of the areas that are its heap
 *
 * The first is more than the second by what was never touched: a large
 * object of which the program used the beginning, fresh pages of a span.
 * That is the row "untouched", negative.  The second being more would mean
 * that the allocator has forgotten something: that is "unexplained".
 *
 * live is split by the probe's counters:
 *
 *   requested + rounding (usable - requested, and glibc's 8 bytes an object)
 *   + what the allocator counts as live and the program does not: objects in
 *   glibc's thread caches; with goalloc's collector, what waits for it
 *
 * Where the heap's areas cannot be told (other allocators), everything
 * anonymous is the heap's, and what it counts beyond that is untouched.
 *
 * Context:    the sampler, while the program rests.
 */
#include "cmd/ledger.h"

#include <math.h>
#include <string.h>

#include "core/atomics.h"
#include "cmd/ledger_glibc.h"
#include "cmd/smaps.h"
#include "cmd/snapshot.h"
#include "cmd/target.h"

#define LEDGER_ROW(name, heading) {#name, heading},
const struct ledger_heading ledger_table[LEDGER_NROWS] = {
	FOR_EACH_LEDGER_ROW(LEDGER_ROW)};
#undef LEDGER_ROW

enum { GLIBC_HEADER = 8 /* of a chunk: malloc_usable_size leaves it out */ };

struct bucket_sum {
	double nallocs; /* objects ever handed out */
	double asked;   /* bytes requested for them */
	double got;     /* bytes usable in them */
	double nlive;   /* objects still there */
	double live;    /* bytes usable in those */
};

static struct bucket_sum bucket_add_up(
	const struct probe_page *page, size_t bucket)
{
	struct bucket_sum sum = {0};
	const uint32_t nshards = load_relaxed(&page->nshards);

	for (uint32_t i = 0; i < nshards && i < PROBE_NSHARDS; i++) {
		const struct probe_bucket *b = &page->shard[i].bucket[bucket];
		const double got = (double)load_relaxed(&b->got);
		const double n = (double)load_relaxed(&b->nallocs);

		sum.nallocs += n;
		sum.asked += (double)load_relaxed(&b->asked);
		sum.got += got;
		sum.nlive += n - (double)load_relaxed(&b->nfrees);
		sum.live += got - (double)load_relaxed(&b->lost);
	}
	return sum;
}

struct ledger_live ledger_live_of(const struct probe_page *page)
{
	struct ledger_live live = {0};

	for (size_t i = 0; i < PROBE_NBUCKETS; i++) {
		const struct bucket_sum sum = bucket_add_up(page, i);

		live.nobjects += sum.nlive;
		live.rounded += sum.live;
		/* Live objects of a class ask for what all of it did. */
		if (sum.got > 0)
			live.requested += sum.live * sum.asked / sum.got;
	}
	return live;
}

void ledger_add_sizes(struct ledger_sizes *sizes, const struct probe_page *page)
{
	for (size_t i = 0; i < PROBE_NBUCKETS; i++)
		for (int j = 0; j < PROBE_NSHARDS; j++) {
			const struct probe_bucket *b =
				&page->shard[j].bucket[i];

			sizes->nrequests[i] += load_relaxed(&b->nrequests);
			sizes->requested[i] += load_relaxed(&b->requested);
			sizes->usable[i] += load_relaxed(&b->usable);
		}
}

static uint64_t resident_of_kind(const struct smaps *s, enum area_kind kind)
{
	uint64_t rss = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->areas[i].kind == kind)
			rss += s->areas[i].rss;
	return rss;
}

/* goalloc's window is a row of neighbours; one address in it is known. */
static uint64_t resident_around(const struct smaps *s, uint64_t address)
{
	uint64_t run = 0;
	bool is_inside = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct area *m = &s->areas[i];
		const bool is_next =
			i > 0 && m[-1].end == m->start && m[-1].kind == m->kind;

		if (!is_next && is_inside)
			return run;
		if (!is_next)
			run = 0;
		run += m->rss;
		if (m->start <= address && address < m->end)
			is_inside = true;
	}
	return is_inside ? run : 0;
}

/* Splits what the allocator counts as live. */
static void ledger_split_live(
	double *row, const struct probe_page *page, const struct probe_heap *h)
{
	const struct ledger_live live = ledger_live_of(page);
	const double headers =
		h->allocator == PROBE_GLIBC ? GLIBC_HEADER * live.nobjects : 0;
	const double rest = (double)h->live - live.rounded - headers;

	row[LEDGER_requested] = live.requested;
	row[LEDGER_rounding] = live.rounded - live.requested + headers;
	if (h->allocator != PROBE_UNKNOWN)
		row[h->goal > 0 ? LEDGER_quarantine : LEDGER_caches] = rest;
	row[LEDGER_slots] = (double)h->slots;
	row[LEDGER_kept] = (double)h->kept;
	row[LEDGER_metadata] = (double)h->metadata;
}

/* Resident bytes of what the allocator counts, tables included. */
static double ledger_heap_resident(pid_t pid, const struct smaps *s,
	const struct probe_heap *h, double anon)
{
	const double tables = (double)h->metadata;

	switch ((enum probe_allocator)h->allocator) {
	case PROBE_GLIBC: return (double)ledger_glibc_resident(pid, s);
	case PROBE_GOALLOC: {
		const double window = (double)resident_around(s, h->address);
		return fmin(window + tables, anon);
	}
	case PROBE_JEMALLOC:
	case PROBE_UNKNOWN: break;
	}
	return anon;
}

/* goalloc's stats page tells what its spans hold, class by class. */
static void ledger_read_classes(struct ledger *ledger, pid_t pid)
{
	static struct snapshot snapshot;
	struct target target;

	if (target_open(&target, pid) != TARGET_FOUND ||
		!snapshot_take(&snapshot, &target))
		return;
	for (unsigned i = 1;
		i < snapshot.nclasses && ledger->nclasses < LEDGER_CLASSES;
		i++) {
		const struct snapshot_class *c = &snapshot.classes[i];
		const double live = (double)(c->live * c->size);

		ledger->classes[ledger->nclasses++] = (struct ledger_class){
			.size = (double)c->size,
			.free = fmax(0, (double)c->bytes - live),
		};
	}
}

bool ledger_take(struct ledger *out, pid_t pid, const struct probe_page *page)
{
	const struct probe_heap h = page->heap;
	struct ledger ledger = {
		.is_known = true, .pid = pid, .allocator = h.allocator};
	double *row = ledger.row;
	struct smaps s;

	if (!smaps_read(&s, pid)) {
		smaps_free(&s);
		return false;
	}
	ledger.rss = (double)s.rss;
	ledger_split_live(row, page, &h);
	row[LEDGER_code] = (double)resident_of_kind(&s, AREA_FILE);
	row[LEDGER_stacks] = (double)resident_of_kind(&s, AREA_STACK);
	const double anon = (double)(resident_of_kind(&s, AREA_ANON) +
				     resident_of_kind(&s, AREA_BRK));
	const double resident = ledger_heap_resident(pid, &s, &h, anon);
	const double counted = (double)(h.live + h.slots + h.kept + h.metadata);
	smaps_free(&s);

	const double excess =
		resident -
		fmax(counted, row[LEDGER_requested] + row[LEDGER_rounding]);
	row[LEDGER_untouched] = fmin(0, excess);
	row[h.allocator == PROBE_UNKNOWN ? LEDGER_heap : LEDGER_unexplained] =
		fmax(0, excess);
	row[LEDGER_other] = anon - resident;
	if (h.allocator == PROBE_GOALLOC)
		ledger_read_classes(&ledger, pid);
	*out = ledger;
	return true;
}

double ledger_gap(const struct ledger *ledger)
{
	double sum = 0;

	for (int i = 0; i < LEDGER_unexplained; i++)
		sum += ledger->row[i];
	return fabs(ledger->rss - sum) / ledger->rss;
}
