/*
 * robust: medians and differences, with exact intervals.
 *
 * Times of runs are not normal: they have a floor and a long tail.  So
 * nothing here assumes a shape.
 *
 * The interval of a median is [x(k), x(n+1-k)], the k-th smallest and k-th
 * largest value: it misses the true median only if k-1 or fewer values fall
 * on one side of it, which is binomial with p = 1/2.  The largest k that
 * still covers 95 % is taken; fewer than six values cannot reach that, and
 * then it is the range, with the coverage that it has.
 *
 * Two samples are compared as Mann and Whitney do.  Of all m*n differences
 * the median is the shift (Hodges and Lehmann); the interval leaves out the
 * c smallest and c largest, where c is the largest number with
 * P(U < c) <= 2.5 %.  U's distribution is counted, not approximated: from
 * four values on either side the interval can have 95 %.
 *
 * Sizes and times are compared by their ratio, that is, the shift of their
 * logarithms.
 */
#include "cmd/robust.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ALPHA = 0.05; /* what an interval may miss */

static int compare_doubles(const void *a, const void *b)
{
	double x;
	double y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Copies what is not NAN, in order; returns how many. */
static size_t sort_known(double *out, const double *values, size_t n)
{
	size_t nknown = 0;

	for (size_t i = 0; i < n && nknown < ROBUST_MAX; i++)
		if (!isnan(values[i]))
			out[nknown++] = values[i];
	qsort(out, nknown, sizeof(*out), compare_doubles);
	return nknown;
}

/* Of values in order. */
static double middle(const double *sorted, size_t n)
{
	return n % 2 == 1 ? sorted[n / 2]
			  : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* How many values to leave out at each end, and what that covers. */
static size_t binomial_cut(size_t n, double *coverage)
{
	double p = pow(0.5, (double)n); /* P(X = k) for k = 0 */
	double tail = p;                /* P(X <= k) */
	size_t cut = 0;

	*coverage = fmax(0, 1 - 2 * tail);
	for (size_t k = 1; k < n / 2; k++) {
		p *= (double)(n - k + 1) / (double)k;
		tail += p;
		if (2 * tail > ALPHA)
			break;
		cut = k;
		*coverage = 1 - 2 * tail;
	}
	return cut;
}

struct robust_median robust_median_of(const double *values, size_t n)
{
	double sorted[ROBUST_MAX];
	struct robust_median m = {.n = sort_known(sorted, values, n)};

	if (m.n == 0) {
		m.median = m.low = m.high = NAN;
		return m;
	}
	const size_t cut = binomial_cut(m.n, &m.coverage);
	m.median = middle(sorted, m.n);
	m.low = sorted[cut];
	m.high = sorted[m.n - 1 - cut];
	return m;
}

/*
 * Fills count[u] with the number of orderings of m and n values in which U
 * is u, for u up to m*n.  The generating function is the Gaussian binomial
 * coefficient: times (1 - x^(n+i)), by (1 - x^i), for i = 1 to m.
 */
static void count_orderings(double *count, size_t m, size_t n)
{
	const size_t top = m * n;

	memset(count, 0, (top + 1) * sizeof(*count));
	count[0] = 1;
	for (size_t i = 1; i <= m; i++) {
		for (size_t u = top; u >= n + i; u--)
			count[u] -= count[u - n - i];
		for (size_t u = i; u <= top; u++)
			count[u] += count[u - i];
	}
}

/* How many differences to leave out at each end, and what that covers. */
static size_t whitney_cut(size_t m, size_t n, double *coverage)
{
	double *count = calloc(m * n + 1, sizeof(*count));
	double all = 0;
	double tail = 0;
	size_t cut = 0;

	*coverage = 0;
	if (count == NULL)
		return 0;
	count_orderings(count, m, n);
	for (size_t u = 0; u <= m * n; u++)
		all += count[u];
	/* The full range of differences misses when U is 0 or m*n. */
	*coverage = fmax(0, 1 - 2 * count[0] / all);
	for (size_t u = 0; u < m * n / 2; u++) {
		tail += count[u] / all;
		if (2 * tail > ALPHA)
			break;
		cut = u;
		*coverage = 1 - 2 * tail;
	}
	free(count);
	return cut;
}

/* The m*n differences of other - base, in order; the caller frees. */
static double *all_differences(
	const double *base, size_t m, const double *other, size_t n)
{
	double *all = calloc(m * n, sizeof(*all));

	if (all == NULL)
		return NULL;
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			all[i * n + j] = other[j] - base[i];
	qsort(all, m * n, sizeof(*all), compare_doubles);
	return all;
}

static bool take_logarithms(double *a, size_t m, double *b, size_t n)
{
	/* Both are in order: the first is the smallest. */
	if (!(a[0] > 0) || !(b[0] > 0))
		return false;
	for (size_t i = 0; i < m; i++)
		a[i] = log(a[i]);
	for (size_t i = 0; i < n; i++)
		b[i] = log(b[i]);
	return true;
}

struct robust_shift robust_shift_between(
	const double *base, size_t nbase, const double *other, size_t nother)
{
	struct robust_shift s = {.shift = NAN, .low = NAN, .high = NAN};
	double a[ROBUST_MAX];
	double b[ROBUST_MAX];
	const size_t m = sort_known(a, base, nbase);
	const size_t n = sort_known(b, other, nother);

	if (m == 0 || n == 0)
		return s;
	s.is_relative = take_logarithms(a, m, b, n);
	double *all = all_differences(a, m, b, n);
	if (all == NULL)
		return s;
	const size_t cut = whitney_cut(m, n, &s.coverage);
	s.shift = middle(all, m * n);
	s.low = all[cut];
	s.high = all[m * n - 1 - cut];
	free(all);
	if (s.is_relative) {
		s.shift = expm1(s.shift);
		s.low = expm1(s.low);
		s.high = expm1(s.high);
	}
	s.is_distinct = s.coverage >= 1 - ALPHA && (s.low > 0 || s.high < 0);
	return s;
}
