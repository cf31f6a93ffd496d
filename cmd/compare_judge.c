/*
 * compare_judge: from runs to findings.
 *
 * A figure of timed runs has a median with its interval and a shift against
 * the base's.  A figure of a single run is that figure; how much chance is in
 * it nobody knows, so no finding of it is ever called distinct.
 */
#include <math.h>
#include <string.h>

#include "cmd/compare.h"

/* The runs that have the figure; returns how many. */
static size_t collect(
	const struct contender *p, enum metric metric, double *values)
{
	switch (metric_table[metric].source) {
	case FROM_OBSERVED: values[0] = p->observed.value[metric]; return 1;
	case FROM_TRACED: values[0] = p->traced.value[metric]; return 1;
	case FROM_TIMED: break;
	}
	for (size_t i = 0; i < p->nruns; i++)
		values[i] = p->runs[i].value[metric];
	return p->nruns;
}

static void contender_judge(struct contender *p, const struct contender *base)
{
	double own[ROBUST_MAX];
	double others[ROBUST_MAX];

	for (int i = 0; i < NMETRICS; i++) {
		const size_t n = collect(p, i, own);
		const size_t nbase = collect(base, i, others);

		p->findings[i].median = robust_median_of(own, n);
		p->findings[i].shift =
			robust_shift_between(others, nbase, own, n);
	}
}

static struct callsites_side side_of(const struct contender *p)
{
	return (struct callsites_side){
		.peak = p->peak, .exit = p->exit, .ledger = &p->ledger};
}

static void contender_match_sites(
	struct contender *p, const struct contender *base)
{
	const struct callsites_side from = side_of(base);
	const struct callsites_side to = side_of(p);

	if (base->peak != NULL && p->peak != NULL)
		p->sites = callsites_compare(&from, &to);
}

static enum compare_outcome judge_outcome(const struct comparison *c)
{
	const struct contender *base = &c->contenders[0];
	bool is_varying = false;
	bool is_other = false;

	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct contender *p = &c->contenders[i];

		if (!p->is_same_status || p->status != base->status)
			return OUTCOME_STATUS;
		is_varying = is_varying || p->ndigests > 1;
		is_other = is_other || strcmp(p->digest, base->digest) != 0;
	}
	if (is_varying)
		return OUTCOME_VARIES;
	return is_other ? OUTCOME_OUTPUT : OUTCOME_SAME;
}

void compare_judge(struct comparison *c)
{
	for (size_t i = 0; i < c->ncontenders; i++)
		contender_judge(&c->contenders[i], &c->contenders[0]);
	for (size_t i = 1; i < c->ncontenders; i++)
		contender_match_sites(&c->contenders[i], &c->contenders[0]);
	c->outcome = judge_outcome(c);
}

bool finding_is_distinct(const struct finding *f)
{
	return f->shift.is_distinct;
}
