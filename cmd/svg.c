/*
 * svg: see svg.h.
 *
 * Ticks of bytes are powers of two times a unit, those of anything else 1, 2
 * or 5 times a power of ten: five of them at most.
 */
#include "cmd/svg.h"

#include <math.h>
#include <string.h>

enum { MOST_TICKS = 5 };

static double step_of_bytes(double greatest)
{
	double step = 1;

	while (greatest / step > MOST_TICKS)
		step *= 2;
	return step;
}

static double step_of_tens(double greatest)
{
	static const double factors[] = {2, 2.5, 2}; /* 1 2 5 10 */
	double step = pow(10, floor(log10(greatest)) - 1);

	for (int i = 0; greatest / step > MOST_TICKS; i = (i + 1) % 3)
		step *= factors[i];
	return step;
}

struct svg_axis svg_axis_until(double greatest, enum metric_unit unit)
{
	if (!(greatest > 0))
		return (struct svg_axis){.top = 1, .step = 1, .unit = unit};
	return (struct svg_axis){
		.top = greatest,
		.step = unit == UNIT_BYTES ? step_of_bytes(greatest)
					   : step_of_tens(greatest),
		.unit = unit,
	};
}

struct svg_axis svg_axis_for(double greatest, enum metric_unit unit)
{
	struct svg_axis axis = svg_axis_until(greatest, unit);

	/* Up to the next half of a step: less air above the curve. */
	axis.top = ceil(axis.top / axis.step * 2 - 1e-9) / 2 * axis.step;
	return axis;
}

double svg_place(const struct svg_axis *axis, double v)
{
	return fmin(100, fmax(0, v / axis->top * 100));
}

void svg_line(
	FILE *out, const char *class, const struct svg_point *points, size_t n)
{
	bool is_open = false;

	fprintf(out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < n; i++) {
		if (isnan(points[i].y)) {
			is_open = false;
			continue;
		}
		fprintf(out, "%c%.2f %.2f", is_open ? 'L' : 'M', points[i].x,
			100 - points[i].y);
		is_open = true;
	}
	fputs("\"/>", out);
}

/* One stretch without a gap. */
static void area_stretch(FILE *out, const struct svg_point *upper,
	const struct svg_point *lower, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		fprintf(out, "%c%.2f %.2f", i == from ? 'M' : 'L', upper[i].x,
			100 - upper[i].y);
	for (size_t i = to; i-- > from;)
		fprintf(out, "L%.2f %.2f", upper[i].x,
			lower != NULL ? 100 - lower[i].y : 100.0);
	fputs("Z", out);
}

void svg_area(FILE *out, const char *class, const struct svg_point *upper,
	const struct svg_point *lower, size_t n)
{
	size_t from = 0;

	fprintf(out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i <= n; i++) {
		const bool is_gap = i == n || isnan(upper[i].y) ||
				    (lower != NULL && isnan(lower[i].y));
		if (!is_gap)
			continue;
		if (i > from + 1)
			area_stretch(out, upper, lower, from, i);
		from = i + 1;
	}
	fputs("\"/>", out);
}

/* A tick's label: "96 MiB", not "96.0 MiB". */
static void put_tick(FILE *out, const struct svg_axis *axis, int i)
{
	char text[32];

	if (i == 0) {
		fputc('0', out);
		return;
	}
	metric_format(text, sizeof text, axis->unit, i * axis->step);
	char *point = strchr(text, '.');
	if (point != NULL) {
		char *space = strchr(point, ' ');
		char *end = space != NULL ? space : text + strlen(text);
		char *last = end;
		while (last[-1] == '0')
			last--;
		if (last - 1 == point)
			last = point;
		memmove(last, end, strlen(end) + 1);
	}
	fputs(text, out);
}

/* How many ticks above 0 the axis has. */
static int ticks_of(const struct svg_axis *axis)
{
	return (int)floor(axis->top / axis->step + 1e-9);
}

void svg_grid(FILE *out, const struct svg_axis *axis)
{
	for (int i = 0; i <= ticks_of(axis); i++) {
		const double y = 100 - svg_place(axis, i * axis->step);
		fprintf(out, "<path class=\"%s\" d=\"M0 %.2fH100\"/>",
			i == 0 ? "zero" : "grid", y);
	}
}

void svg_y_labels(FILE *out, const struct svg_axis *axis)
{
	fputs("<div class=\"ylabels\" aria-hidden=\"true\">", out);
	for (int i = 0; i <= ticks_of(axis); i++) {
		fprintf(out, "<span style=\"bottom:%.2f%%\">",
			svg_place(axis, i * axis->step));
		put_tick(out, axis, i);
		fputs("</span>", out);
	}
	fputs("</div>", out);
}

void svg_x_labels(FILE *out, const struct svg_axis *axis)
{
	fputs("<div class=\"xlabels\" aria-hidden=\"true\">", out);
	for (int i = 0; i <= ticks_of(axis); i++) {
		const double x = svg_place(axis, i * axis->step);
		/* The last one is moved to the left, where there is room. */
		if (x > 92 && axis->step / axis->top < 0.3)
			break;
		fprintf(out, "<span style=\"left:%.2f%%\"%s>", x,
			x > 92 ? " class=\"last\"" : "");
		put_tick(out, axis, i);
		fputs("</span>", out);
	}
	fputs("</div>", out);
}
