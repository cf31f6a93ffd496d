/*
 * svg: the arithmetic and the pieces of inline SVG charts.
 *
 * A chart is a box whose SVG is stretched to whatever width the page has;
 * strokes keep their width and text is HTML beside it, so nothing is
 * distorted.  Positions are per cent of the box.
 */
#ifndef CMD_SVG_H
#define CMD_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/metrics.h"

/* From a value to its place on an axis that begins with 0. */
struct svg_axis {
	double top;            /* greatest value, the end of the axis */
	double step;           /* between two ticks */
	enum metric_unit unit; /* of the values */
};

/* The axis that ends at a tick at or above greatest, with few ticks. */
struct svg_axis svg_axis_for(double greatest, enum metric_unit unit);

/* The same, but it ends at greatest itself. */
struct svg_axis svg_axis_until(double greatest, enum metric_unit unit);

/* Where v lies, 0 to 100. */
double svg_place(const struct svg_axis *axis, double v);

/* A point of a curve; y NAN: the curve has a gap there. */
struct svg_point {
	double x; /* per cent from the left */
	double y; /* per cent from the bottom */
};

/* A line through the points. */
void svg_line(
	FILE *out, const char *class, const struct svg_point *points, size_t n);

/* The area between two curves of the same x, lower from 0 if it is NULL. */
void svg_area(FILE *out, const char *class, const struct svg_point *upper,
	const struct svg_point *lower, size_t n);

/* Horizontal lines of the axis' ticks, and their labels as HTML. */
void svg_grid(FILE *out, const struct svg_axis *axis);
void svg_y_labels(FILE *out, const struct svg_axis *axis);

/* Labels along the bottom. */
void svg_x_labels(FILE *out, const struct svg_axis *axis);

#endif
