/*
 * robust: medians and differences that one odd run cannot move far, with
 * intervals that hold for any distribution.
 */
#ifndef CMD_ROBUST_H
#define CMD_ROBUST_H

#include <stdbool.h>
#include <stddef.h>

/* More values than this in one sample are refused. */
enum { ROBUST_MAX = 200 };

/* The middle of one sample. */
struct robust_median {
	size_t n;        /* values it is made of; 0: all others are NAN */
	double median;   /* of the values */
	double low;      /* the interval, an order statistic */
	double high;     /* likewise */
	double coverage; /* chance that the interval holds the true median */
};

/* How much a second sample lies above a first one. */
struct robust_shift {
	double shift;     /* Hodges-Lehmann: median of all differences */
	double low;       /* interval of the shift */
	double high;      /* likewise */
	double coverage;  /* chance that the interval holds the true shift */
	bool is_relative; /* shift, low, high are ratios - 1, not differences */
	bool is_distinct; /* the interval has 95 % and leaves out 0 */
};

/* NAN values are left out. */
struct robust_median robust_median_of(const double *values, size_t n);

/*
 * From base to other.  Relative if all values are above 0; else differences,
 * in the values' unit.  NAN values are left out.
 */
struct robust_shift robust_shift_between(
	const double *base, size_t nbase, const double *other, size_t nother);

#endif
