/*
 * snapmark: the marks of a child's heap, brought to ours.
 *
 *   results  | figures | span, nwords, marks ... | span, nwords, marks ... | 0
 *
 * What was unreachable when the copy was made is unreachable now, and what has
 * been allocated since is marked already (mark_prepare): so the child's marks
 * are added to ours, and the sweep may go on from there.  A span that has come
 * since is not in the results.  One that has gone cannot be: it is held back.
 *
 * The child reads its own memory and its own page tables: both files are
 * opened again in it.
 */
#include "gc/snapmark.h"

#include <stddef.h>

#include "core/atomics.h"
#include "core/fatal.h"
#include "core/mspan.h"
#include "gc/heapwalk.h"
#include "gc/pagemap.h"
#include "gc/peek.h"
#include "gc/snapshot.h"

static struct snapshot snapshot;

/* Words that a span takes in the results. */
static unsigned record_size(struct mspan *s)
{
	return 2 + mspan_nwords(load_relaxed(&s->nelems));
}

static void count_span(struct mspan *s, void *n)
{
	*(size_t *)n += record_size(s);
}

/* In the child: what it runs and where its results go. */
struct task {
	snapmark_fn *mark;
	void *arg;
	uint64_t *next; /* the next record */
};

static void save_span(struct mspan *s, void *arg)
{
	struct task *t = arg;
	const uint64_t *marks = mspan_marks(s);
	const unsigned nwords = mspan_nwords(s->nelems);

	*t->next++ = (uintptr_t)s;
	*t->next++ = nwords;
	for (unsigned w = 0; w < nwords; w++)
		*t->next++ = marks[w];
}

static bool child_mark(uint64_t *results, void *arg)
{
	struct task *t = arg;

	pagemap_forget();
	peek_forget();
	if (!peek_open() || !pagemap_open() || !t->mark(results, t->arg))
		return false;
	t->next = results + SNAPMARK_NFIGURES;
	heapwalk(save_span, t);
	*t->next = 0;
	return true;
}

bool snapmark_take(snapmark_fn *mark, void *arg)
{
	struct task task = {mark, arg, NULL};
	size_t n = SNAPMARK_NFIGURES + 1;

	heapwalk(count_span, &n);
	if (!snapshot_prepare(&snapshot, n))
		return false;
	if (snapshot_take(&snapshot, child_mark, &task))
		return true;
	snapshot_discard(&snapshot);
	return false;
}

/* Adds the marks of one record; the next record. */
static const uint64_t *add_marks(const uint64_t *record)
{
	struct mspan *s = (struct mspan *)record[0];
	const uint64_t nwords = record[1];
	uint64_t *marks = mspan_marks(s);

	check(nwords == mspan_nwords(load_relaxed(&s->nelems)));
	for (uint64_t w = 0; w < nwords; w++)
		fetch_or_seqcst(&marks[w], record[2 + w]);
	return record + 2 + nwords;
}

bool snapmark_finish(uint32_t timeout_ms, uint64_t figures[SNAPMARK_NFIGURES])
{
	const bool is_marked = snapshot_wait(&snapshot, timeout_ms);

	if (is_marked) {
		const uint64_t *at = snapshot_results(&snapshot);
		for (int i = 0; i < SNAPMARK_NFIGURES; i++)
			figures[i] = *at++;
		while (*at != 0)
			at = add_marks(at);
	}
	snapshot_discard(&snapshot);
	return is_marked;
}

void snapmark_after_fork(void)
{
	snapshot_after_fork(&snapshot);
}
