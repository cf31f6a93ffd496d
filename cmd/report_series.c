/*
 * report_series: memory over time.
 *
 *   one chart     RSS of every contender, and what was live in the first
 *   one each      live as requested, rounding, free among the live, free and
 *                 kept, as layers; RSS as a line over them
 *
 * All share their axes, so that they can be compared by eye.  What lies
 * between the layers and RSS is the program itself and its own mappings.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "cmd/html.h"
#include "cmd/json.h"
#include "cmd/report.h"
#include "cmd/report_page.h"
#include "cmd/say.h"
#include "cmd/svg.h"

enum { MOST_POINTS = 400 /* of a curve: there are not more pixels */ };

/* The axes that all charts share. */
struct axes {
	struct svg_axis time;
	struct svg_axis bytes;
};

/* Curves of one contender; y NAN where it is not known. */
struct curves {
	size_t n;
	double *t; /* seconds */
	struct svg_point *rss;
	struct svg_point *firm;
	struct svg_point *requested;
	struct svg_point *rounded;
	struct svg_point *waiting; /* and freed, but not yet reusable */
	struct svg_point *held;
	struct svg_point *committed;
	struct svg_point *goal;
	double idle_from; /* per cent; NAN: never idle */
	size_t greatest;  /* index of the highest RSS */
};

bool page_has_series(const struct comparison *c)
{
	for (size_t i = 0; i < c->ncontenders; i++)
		if (c->contenders[i].series.n > 1)
			return true;
	return false;
}

static struct axes axes_for(const struct comparison *c)
{
	double time = 0;
	double bytes = 0;

	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct series *s = &c->contenders[i].series;
		for (size_t k = 0; k < s->n; k++) {
			const struct sample *x = &s->samples[k];
			time = fmax(time, x->t);
			bytes = fmax(bytes, fmax(x->rss, x->committed));
		}
	}
	return (struct axes){
		.time = svg_axis_until(time, UNIT_SECONDS),
		.bytes = svg_axis_for(bytes * 1.05, UNIT_BYTES),
	};
}

static struct svg_point *new_points(size_t n)
{
	return must_calloc(n, sizeof(struct svg_point));
}

static struct svg_point point_at(
	const struct axes *a, const struct sample *s, double v)
{
	return (struct svg_point){
		.x = svg_place(&a->time, s->t),
		.y = isnan(v) ? NAN : svg_place(&a->bytes, v),
	};
}

/* The greatest RSS of those that fall on one point is the one that shows. */
static const struct sample *sample_for(
	const struct series *s, size_t i, size_t n)
{
	const size_t from = i * s->n / n;
	const size_t to = (i + 1) * s->n / n;
	const struct sample *best = &s->samples[from];

	for (size_t k = from; k < to; k++)
		if (s->samples[k].rss > best->rss)
			best = &s->samples[k];
	return best;
}

static struct curves curves_make(const struct series *s, const struct axes *a)
{
	const size_t n = s->n < MOST_POINTS ? s->n : MOST_POINTS;
	struct curves v = {
		.n = n,
		.t = must_calloc(n, sizeof(double)),
		.rss = new_points(n),
		.firm = new_points(n),
		.requested = new_points(n),
		.rounded = new_points(n),
		.waiting = new_points(n),
		.held = new_points(n),
		.committed = new_points(n),
		.goal = new_points(n),
		.idle_from = NAN,
	};

	for (size_t i = 0; i < n; i++) {
		const struct sample *x = sample_for(s, i, n);
		v.t[i] = x->t;
		v.rss[i] = point_at(a, x, x->rss);
		v.firm[i] = point_at(a, x, x->rss - x->lazyfree);
		v.requested[i] = point_at(a, x, x->requested);
		v.rounded[i] = point_at(a, x, x->rounded);
		/* Only a collector lets what is freed wait. */
		v.waiting[i] = point_at(a, x,
			isnan(x->goal) ? x->rounded
				       : fmax(x->counted, x->rounded));
		v.held[i] = point_at(a, x, fmax(x->held, x->rounded));
		v.committed[i] = point_at(a, x, fmax(x->committed, x->held));
		v.goal[i] = point_at(a, x, x->goal);
		if (x->is_idle && isnan(v.idle_from))
			v.idle_from = v.rss[i].x;
		if (v.rss[i].y > v.rss[v.greatest].y)
			v.greatest = i;
	}
	return v;
}

static void curves_free(struct curves *v)
{
	free(v->t);
	free(v->rss);
	free(v->firm);
	free(v->requested);
	free(v->rounded);
	free(v->waiting);
	free(v->held);
	free(v->committed);
	free(v->goal);
}

static bool has_any(const struct svg_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isnan(points[i].y))
			return true;
	return false;
}

static void put_idle(FILE *out, const struct curves *v)
{
	if (!isnan(v->idle_from))
		fprintf(out,
			"<path class=\"idle\" d=\"M%.2f 0H%.2fV100H%.2fZ\"/>",
			v->idle_from, v->rss[v->n - 1].x, v->idle_from);
}

/* A thin line wherever the number of collections has grown. */
static void put_cycles(
	FILE *out, const struct series *s, const struct svg_axis *time)
{
	double before = NAN;

	for (size_t i = 0; i < s->n; i++) {
		const double now = s->samples[i].ncycles;
		if (now > before)
			fprintf(out,
				"<path class=\"cycle\" d=\"M%.2f 96V100\"/>",
				svg_place(time, s->samples[i].t));
		before = now;
	}
}

static void put_layers(FILE *out, const struct contender *p,
	const struct curves *v, const struct axes *a)
{
	const size_t n = v->n;

	put_idle(out, v);
	svg_grid(out, &a->bytes);
	svg_area(out, "a-kept", v->committed, v->held, n);
	svg_area(out, "a-slots", v->held, v->waiting, n);
	if (has_any(v->goal, n))
		svg_area(out, "a-waiting", v->waiting, v->rounded, n);
	svg_area(out, "a-rounding", v->rounded, v->requested, n);
	svg_area(out, "a-requested", v->requested, NULL, n);
	if (has_any(v->goal, n)) {
		svg_line(out, "goal", v->goal, n);
		put_cycles(out, &p->series, &a->time);
	}
	if (p->findings[METRIC_mean_firm].median.median <
		0.995 * p->findings[METRIC_mean_rss].median.median)
		svg_line(out, "firm", v->firm, n);
	svg_line(out, "rss", v->rss, n);
}

/* The frame of a chart around what draw puts into its SVG. */
static void put_plot_begin(FILE *out, const struct axes *a, const char *label)
{
	fputs("<div class=\"plot\">", out);
	svg_y_labels(out, &a->bytes);
	fputs("<div class=\"area\" tabindex=\"0\" role=\"img\" aria-label=\"",
		out);
	html_text(out, label);
	fputs("\"><svg viewBox=\"0 0 100 100\" "
	      "preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		out);
}

/* A word in the shaded end. */
static void put_idle_word(FILE *out, const struct curves *v)
{
	if (!isnan(v->idle_from) && v->rss[v->n - 1].x - v->idle_from > 8)
		fprintf(out,
			"<div class=\"mark\" style=\"top:.2rem;"
			"right:calc(%.2f%% + .3rem)\">idle</div>",
			100 - v->rss[v->n - 1].x);
}

/* A word beside the curve where it is highest. */
static void put_mark(
	FILE *out, const struct curves *v, const char *text, const char *colour)
{
	const struct svg_point *p = &v->rss[v->greatest];
	const bool is_late = p->x > 35;

	fprintf(out,
		"<div class=\"mark word\" style=\"--k:%s;"
		"bottom:calc(%.2f%% + 3px);%s:%.2f%%\">",
		colour, p->y, is_late ? "right" : "left",
		is_late ? 100 - p->x : p->x);
	html_text(out, text);
	fputs("</div>", out);
}

/* After the SVG and the words over it. */
static void put_plot_end(FILE *out, const struct axes *a)
{
	fputs("</div>", out);
	svg_x_labels(out, &a->time);
	fputs("</div>", out);
}

static const struct layer {
	const char *colour;
	const char *name;
	const char *class;
} layers[] = {
	{"ink", "RSS", "line"},
	{"kept", "free, not given back", ""},
	{"slots", "free between live objects", ""},
	{"rounding", "rounding", ""},
	{"requested", "live, as requested", ""},
};

static void put_panel(
	FILE *out, const struct comparison *c, size_t i, const struct axes *a)
{
	const struct contender *p = &c->contenders[i];
	struct curves v = curves_make(&p->series, a);
	char peak[64];
	char text[32];
	char *label = must_format("Memory of %s over time", p->name);

	fprintf(out, "<figure data-panel=\"%zu\"><figcaption><h3>", i);
	html_text(out, p->name);
	fputs("</h3>", out);
	for (size_t k = 0; k < sizeof layers / sizeof *layers; k++)
		fprintf(out,
			"<span class=\"key %s\" style=\"--k:var(--%s)\">%s "
			"<b></b></span>",
			layers[k].class, layers[k].colour, layers[k].name);
	if (has_any(v.goal, v.n))
		fputs("<span class=\"key\" style=\"--k:var(--quarantine)\">"
		      "freed, not yet reusable <b></b></span>"
		      "<span class=\"key line dash\" "
		      "style=\"--k:var(--soft)\">goal <b></b></span>",
			out);
	fputs("</figcaption>", out);
	put_plot_begin(out, a, label);
	put_layers(out, p, &v, a);
	snprintf(peak, sizeof peak, "peak %s",
		metric_format(text, sizeof text, UNIT_BYTES,
			v.rss[v.greatest].y / 100 * a->bytes.top));
	fputs("</svg>", out);
	put_mark(out, &v, peak, "var(--soft)");
	put_idle_word(out, &v);
	put_plot_end(out, a);
	fputs("</figure>\n", out);
	curves_free(&v);
	free(label);
}

/* Names at the peaks of the curves, unless two would lie on each other. */
static void put_names(
	FILE *out, const struct comparison *c, const struct curves *v)
{
	char colour[32];

	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct svg_point *p = &v[i].rss[v[i].greatest];
		bool is_free = v[i].n > 0;

		for (size_t k = 0; is_free && k < c->ncontenders; k++) {
			const struct svg_point *q = &v[k].rss[v[k].greatest];
			is_free = k == i || v[k].n == 0 ||
				  fabs(p->x - q->x) > 25 ||
				  fabs(p->y - q->y) > 9;
		}
		snprintf(colour, sizeof colour, "var(--c%zu)", i);
		if (is_free)
			put_mark(out, &v[i], c->contenders[i].name, colour);
	}
}

static void put_overlay(
	FILE *out, const struct comparison *c, const struct axes *a)
{
	struct curves v[COMPARE_MAX];

	fputs("<div class=\"charts one\"><figure data-panel=\"all\">"
	      "<figcaption><h3>RSS, all together</h3>",
		out);
	for (size_t i = 0; i < c->ncontenders; i++) {
		fprintf(out,
			"<span class=\"key line\" style=\"--k:var(--c%zu)\">",
			i);
		html_text(out, c->contenders[i].name);
		fputs(" <b></b></span>", out);
	}
	fputs("<span class=\"key line dash\" style=\"--k:var(--requested)\">"
	      "live, as requested <b></b></span></figcaption>",
		out);
	put_plot_begin(out, a, "RSS of all contenders over time");
	svg_grid(out, &a->bytes);
	for (size_t i = 0; i < c->ncontenders; i++) {
		char class[32];

		v[i] = curves_make(&c->contenders[i].series, a);
		snprintf(class, sizeof class, "thin s%zu", i);
		svg_line(out, class, v[i].requested, v[i].n);
		snprintf(class, sizeof class, "s s%zu", i);
		svg_line(out, class, v[i].rss, v[i].n);
	}
	fputs("</svg>", out);
	put_names(out, c, v);
	put_plot_end(out, a);
	fputs("</figure></div>\n", out);
	for (size_t i = 0; i < c->ncontenders; i++)
		curves_free(&v[i]);
}

static void put_data_column(struct json *j, const char *key,
	const struct series *s, size_t n, size_t offset)
{
	json_array(j, key, true);
	for (size_t i = 0; i < n; i++) {
		const char *x = (const char *)sample_for(s, i, n);
		const double *v = (const void *)(x + offset);
		json_number(j, NULL, *v);
	}
	json_end_array(j);
}

/* What the crosshair reads. */
static void put_data(
	FILE *out, const struct comparison *c, const struct axes *a)
{
	struct json j = {.out = out};

	fputs("<script type=\"application/json\" id=\"series\">", out);
	json_object(&j, NULL);
	json_number(&j, "time", a->time.top);
	json_array(&j, "panels", false);
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct series *s = &c->contenders[i].series;
		const size_t n = s->n < MOST_POINTS ? s->n : MOST_POINTS;

		json_object(&j, NULL);
#define COLUMN(name)                                                           \
	put_data_column(&j, #name, s, n, offsetof(struct sample, name));
		COLUMN(t)
		COLUMN(rss)
		COLUMN(requested)
		COLUMN(rounded)
		COLUMN(counted)
		COLUMN(held)
		COLUMN(committed)
		COLUMN(goal)
#undef COLUMN
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	fputs("</script>\n", out);
}

void page_series(FILE *out, const struct comparison *c)
{
	const struct axes a = axes_for(c);

	html_section(out, "time", "Over time",
		"One run of each with a probe inside, hence slower than the "
		"timed ones. The shaded end is the program kept idle. Point "
		"at a chart, or use the arrow keys in it, to read values.");
	put_overlay(out, c, &a);
	fputs("<div class=\"charts\">\n", out);
	for (size_t i = 0; i < c->ncontenders; i++)
		if (c->contenders[i].series.n > 1)
			put_panel(out, c, i, &a);
	fputs("</div>\n", out);
	put_data(out, c, &a);
	html_end_section(out);
}
