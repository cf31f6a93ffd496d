/*
 * gcstats: a counter of cycles and a ring of pauses, under a sequence count.
 *
 *   writer: sequence odd ... words ... sequence even
 *   reader: sequence even? copy the words, sequence the same? else again
 *
 * Every word is stored with release and loaded with acquire: a reader that
 * has seen one new word then sees the odd sequence too, or a later one, and
 * tries again.  So no fence is needed, which the thread sanitizer would not
 * understand.  The writer is one thread and does nothing else between its two
 * stores to the sequence.  After a fork in that moment the child would wait
 * for ever: gcstats_init makes the sequence even again.
 *
 * Locking:    none.
 * Context:    any.
 */
#include "gc/gcstats.h"

#include "core/atomics.h"

static struct gcstats stats; /* atomic, word by word; see above */

static uint32_t sequence; /* odd while stats changes */

enum { NWORDS = sizeof(struct gcstats) / sizeof(uint64_t) };

void gcstats_init(void)
{
	stats = (struct gcstats){0};
	store_relaxed(&sequence, 0);
}

static void gcstats_set(uint64_t *word, uint64_t n)
{
	store_release(word, n); /* pairs: gcstats_try_read */
}

void gcstats_note(const struct gcstats_cycle *c)
{
	const uint64_t at = stats.num_gc % GCSTATS_NPAUSES;

	store_relaxed(&sequence, sequence + 1);
	gcstats_set(&stats.num_gc, stats.num_gc + 1);
	gcstats_set(&stats.num_forced, stats.num_forced + c->is_forced);
	gcstats_set(&stats.pause_total_ns, stats.pause_total_ns + c->pause_ns);
	gcstats_set(&stats.last_gc, c->end);
	gcstats_set(&stats.gc_cpu_ns, c->gc_cpu_ns);
	gcstats_set(&stats.elapsed_cpu_ns, c->elapsed_cpu_ns);
	gcstats_set(&stats.pause_ns[at], c->pause_ns);
	gcstats_set(&stats.pause_end[at], c->end);
	store_release(&sequence, sequence + 1); /* pairs: gcstats_try_read */
}

/* false: the writer was at it meanwhile. */
static bool gcstats_try_read(struct gcstats *out)
{
	uint64_t *to = (uint64_t *)out;
	const uint64_t *from = (const uint64_t *)&stats;
	const uint32_t before =
		load_acquire(&sequence); /* pairs: gcstats_note */

	for (int i = 0; i < NWORDS; i++)
		to[i] = load_acquire(&from[i]); /* pairs: gcstats_set */
	return before % 2 == 0 && load_relaxed(&sequence) == before;
}

void gcstats_read(struct gcstats *out)
{
	while (!gcstats_try_read(out))
		continue;
}

double gcstats_cpu_fraction(const struct gcstats *s)
{
	if (s->elapsed_cpu_ns == 0)
		return 0;
	const double share = (double)s->gc_cpu_ns / (double)s->elapsed_cpu_ns;
	return share < 1 ? share : 1;
}

unsigned gcstats_count_pauses(const struct gcstats *s)
{
	return s->num_gc < GCSTATS_NPAUSES ? (unsigned)s->num_gc
					   : GCSTATS_NPAUSES;
}

/* Where in the ring the pause before n later ones is. */
static unsigned gcstats_index(const struct gcstats *s, unsigned n)
{
	return (unsigned)((s->num_gc - 1 - n) % GCSTATS_NPAUSES);
}

uint64_t gcstats_pause_ns(const struct gcstats *s, unsigned n)
{
	return s->pause_ns[gcstats_index(s, n)];
}

uint64_t gcstats_pause_end(const struct gcstats *s, unsigned n)
{
	return s->pause_end[gcstats_index(s, n)];
}

/* Puts ns in its place among the n sorted ones before it. */
static void gcstats_insert(uint64_t *sorted, unsigned n, uint64_t ns)
{
	for (; n > 0 && sorted[n - 1] > ns; n--)
		sorted[n] = sorted[n - 1];
	sorted[n] = ns;
}

void gcstats_quantiles(const struct gcstats *s, uint64_t *out, unsigned n)
{
	const unsigned npauses = gcstats_count_pauses(s);
	uint64_t sorted[GCSTATS_NPAUSES];

	for (unsigned i = 0; i < npauses; i++)
		gcstats_insert(sorted, i, gcstats_pause_ns(s, i));
	for (unsigned i = 0; i < n; i++) {
		if (npauses == 0)
			out[i] = 0;
		else if (i == n - 1)
			out[i] = sorted[npauses - 1];
		else
			out[i] = sorted[(uint64_t)npauses * i / (n - 1)];
	}
}
