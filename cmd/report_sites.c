/*
 * report_sites: who allocates more or less, who pins free memory, and the
 * calls as a tree.
 *
 * The tree hangs from its root, the widest first.  A frame's colour is the
 * change relative to the greater side, in nine steps.
 */
#include <math.h>
#include <string.h>

#include "cmd/html.h"
#include "cmd/report.h"
#include "cmd/report_page.h"

enum {
	MOST_SITES = 20,
	FRAME = 20, /* pixels */
	MOST_DEPTH = 48,
};

static const double LEAST_WIDTH = 0.15; /* per cent; narrower is left out */

bool page_has_sites(const struct comparison *c)
{
	return c->ncontenders > 1 && c->contenders[1].sites.n > 0;
}

static void put_place(FILE *out, const struct callsite *s)
{
	const char *slash = strrchr(s->file, '/');
	const char *file = slash != NULL ? slash + 1 : s->file;

	fputs("<td class=\"place\"><b title=\"", out);
	html_text(out, s->function);
	fputs("\">", out);
	html_text(out, s->function);
	fputs("</b><small title=\"", out);
	html_text(out, s->file);
	fputs("\">", out);
	if (s->line > 0)
		html_format(out, "%s:%ld", file, (long)s->line);
	else
		html_text(out, file);
	fputs("</small></td>", out);
}

static void put_bytes(FILE *out, double v, const char *class)
{
	char text[32];

	fprintf(out, "<td class=\"num %s\" data-v=\"%.0f\">%s</td>", class, v,
		metric_format(text, sizeof text, UNIT_BYTES, v));
}

/* A change that sampling alone may have made is grey. */
static void put_change(
	FILE *out, double base, double other, double period, const char *class)
{
	char text[32];
	const double change = other - base;

	fprintf(out, "<td class=\"num %s %s\" data-v=\"%.0f\">%s</td>", class,
		!callsites_is_distinct(base, other, period) ? "quiet"
		: change < 0                                ? "less"
							    : "more",
		change,
		metric_format_signed(text, sizeof text, UNIT_BYTES, change));
}

/* From the middle: to the left less, to the right more. */
static void put_change_bar(FILE *out, const struct callsite *s, double greatest)
{
	const double change =
		s->values[1][INUSE_SPACE] - s->values[0][INUSE_SPACE];
	const char *colour = change < 0 ? "less" : "more";
	const double share = fabs(change) / greatest * 50;

	fprintf(out,
		"<td class=\"bar wide\"><svg aria-hidden=\"true\">"
		"<line x1=\"50%%\" x2=\"50%%\" y2=\"14\" "
		"stroke=\"var(--line)\"/><rect x=\"%.2f%%\" width=\"%.2f%%\" "
		"y=\"2\" height=\"10\" style=\"fill:var(--%s)\"/></svg></td>",
		change < 0 ? 50 - share : 50, share,
		s->is_distinct ? colour : "even");
}

static void put_sort_head(FILE *out, const char *text, const char *class)
{
	fprintf(out,
		"<th scope=\"col\" class=\"num %s\"><button>%s</button></th>",
		class, text);
}

static void put_site(
	FILE *out, const struct callsite *s, double greatest, double period)
{
	const double base = s->values[0][INUSE_SPACE];
	const double other = s->values[1][INUSE_SPACE];

	fputs("<tr>", out);
	put_place(out, s);
	put_bytes(out, base, "wide");
	put_bytes(out, other, "");
	put_change(out, base, other, period, "");
	put_change_bar(out, s, greatest);
	put_change(out, s->cumulative[0], s->cumulative[1], period, "wide");
	put_change(out, s->values[0][ALLOC_SPACE], s->values[1][ALLOC_SPACE],
		period, "wide");
	fputs("</tr>\n", out);
}

static void put_site_table(FILE *out, const struct comparison *c, size_t i)
{
	const struct callsites *sites = &c->contenders[i].sites;
	const double period = (double)c->contenders[0].peak->period;
	double greatest = 1;

	fputs("<div class=\"scroll\"><table class=\"sortable\"><thead><tr>"
	      "<th scope=\"col\">call site</th>",
		out);
	put_sort_head(out, c->contenders[0].name, "wide");
	put_sort_head(out, c->contenders[i].name, "");
	put_sort_head(out, "change", "");
	fputs("<th class=\"bar wide\"></th>", out);
	put_sort_head(out, "with callees", "wide");
	put_sort_head(out, "ever allocated", "wide");
	fputs("</tr></thead><tbody>\n", out);
	for (size_t k = 0; k < sites->n && k < MOST_SITES; k++)
		greatest = fmax(
			greatest, fabs(sites->at[k].values[1][INUSE_SPACE] -
					  sites->at[k].values[0][INUSE_SPACE]));
	for (size_t k = 0; k < sites->n && k < MOST_SITES; k++)
		put_site(out, &sites->at[k], greatest, period);
	fputs("</tbody></table></div>\n", out);
}

/* ---- Pinned ---------------------------------------------------------- */

/* The sites that pin the most on a side, into order; returns how many. */
static size_t order_by_pinned(
	const struct callsites *sites, int side, const struct callsite **order)
{
	size_t n = 0;

	for (size_t k = 0; k < sites->n; k++) {
		const struct callsite *s = &sites->at[k];
		size_t at = n;

		if (s->pinned[side] < 1024)
			continue;
		while (at > 0 && order[at - 1]->pinned[side] < s->pinned[side])
			at--;
		if (at == MOST_SITES)
			continue;
		if (n < MOST_SITES)
			n++;
		memmove(&order[at + 1], &order[at],
			(n - at - 1) * sizeof *order);
		order[at] = s;
	}
	return n;
}

static void put_pinned(FILE *out, const struct comparison *c, size_t i,
	int side, const char *name)
{
	const struct callsite *order[MOST_SITES];
	const size_t n = order_by_pinned(&c->contenders[i].sites, side, order);

	if (n == 0)
		return;
	fputs("<h3 style=\"margin-top:2.2rem\">", out);
	html_format(
		out, "Free memory that live objects keep resident, %s", name);
	fputs("</h3><div class=\"scroll\"><table class=\"sortable\"><thead>"
	      "<tr><th scope=\"col\">call site</th>",
		out);
	put_sort_head(out, "pinned", "");
	put_sort_head(out, "own live bytes", "");
	fputs("</tr></thead><tbody>\n", out);
	for (size_t k = 0; k < n; k++) {
		fputs("<tr>", out);
		put_place(out, order[k]);
		put_bytes(out, order[k]->pinned[side], "");
		put_bytes(out, order[k]->values[side][INUSE_SPACE], "");
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n<p class=\"note\">The free bytes in a "
	      "size class's spans, charged to the call sites of its live "
	      "objects by their number.</p>\n",
		out);
}

void page_sites(FILE *out, const struct comparison *c)
{
	html_section(out, "sites", "Call sites",
		"Bytes in use at the peak, by who called malloc, the greatest "
		"changes first. Sampled in runs of their own, by the same "
		"sampler on every side.");
	for (size_t i = 1; i < c->ncontenders; i++) {
		if (c->contenders[i].sites.n == 0)
			continue;
		if (c->ncontenders > 2) {
			fputs("<h3 style=\"margin-top:1.6rem\">", out);
			html_format(out, "%s against %s", c->contenders[i].name,
				c->contenders[0].name);
			fputs("</h3>", out);
		}
		put_site_table(out, c, i);
		if (i == 1)
			put_pinned(out, c, i, 0, c->contenders[0].name);
		put_pinned(out, c, i, 1, c->contenders[i].name);
	}
	html_end_section(out);
}

/* ---- Flame graph ----------------------------------------------------- */

static const char *change_class(const struct flame *f, double period)
{
	static const char *const classes[] = {
		"l4", "l3", "l2", "l1", "d0", "m1", "m2", "m3", "m4"};
	const double greater = fmax(f->values[0], f->values[1]);
	const double change =
		greater > 0 ? (f->values[1] - f->values[0]) / greater : 0;

	/* What sampling may have made is even, as are less than 3 per cent. */
	if (fabs(change) < 0.03 ||
		!callsites_is_distinct(f->values[0], f->values[1], period))
		return "d0";
	const int step = change > 0 ? 1 : -1;
	const double size = fabs(change);
	const int n = size < 0.1 ? 1 : size < 0.25 ? 2 : size < 0.5 ? 3 : 4;
	return classes[4 + step * n];
}

/* What all frames of a tree are drawn with. */
struct canvas {
	FILE *out;     /* NULL: only measure */
	double total;  /* the root's width */
	double period; /* of the sampling */
};

static void put_frame(const struct canvas *canvas, const struct flame *f,
	double at, int depth)
{
	FILE *out = canvas->out;
	char base[32];
	char other[32];

	fprintf(out,
		"<svg x=\"%.3f%%\" y=\"%d\" width=\"%.3f%%\" height=\"%d\" "
		"tabindex=\"-1\" data-d=\"%d\" data-t=\"%s to %s\"><title>",
		at, depth * FRAME, f->width / canvas->total * 100, FRAME, depth,
		metric_format(base, sizeof base, UNIT_BYTES, f->values[0]),
		metric_format(other, sizeof other, UNIT_BYTES, f->values[1]));
	html_text(out, f->function);
	fprintf(out,
		"</title><rect width=\"100%%\" height=\"%d\" class=\"%s\"/>"
		"<text x=\"4\" y=\"14\">",
		FRAME, change_class(f, canvas->period));
	html_text(out, f->function);
	fputs("</text></svg>\n", out);
}

/* Draws f and what is below it; returns the greatest depth. */
static int put_frames(const struct canvas *canvas, const struct flame *f,
	double at, int depth)
{
	int deepest = depth;

	if (f->width / canvas->total * 100 < LEAST_WIDTH || depth >= MOST_DEPTH)
		return depth - 1;
	if (canvas->out != NULL)
		put_frame(canvas, f, at, depth);
	for (size_t i = 0; i < f->nchildren; i++) {
		const int below =
			put_frames(canvas, &f->children[i], at, depth + 1);
		deepest = below > deepest ? below : deepest;
		at += f->children[i].width / canvas->total * 100;
	}
	return deepest;
}

static void put_ramp(FILE *out)
{
	static const char *const classes[] = {
		"l4", "l3", "l2", "l1", "d0", "m1", "m2", "m3", "m4"};

	fputs("<span class=\"ramp\">less<svg aria-hidden=\"true\">", out);
	for (int i = 0; i < 9; i++)
		fprintf(out,
			"<rect x=\"%.2f%%\" width=\"11.2%%\" height=\"100%%\" "
			"class=\"%s\"/>",
			i * 100.0 / 9, classes[i]);
	fputs("</svg>more</span>", out);
}

static void put_flame(FILE *out, const struct comparison *c, size_t i)
{
	struct flame root =
		flame_build(c->contenders[0].peak, c->contenders[i].peak);
	struct canvas canvas = {
		.total = root.width,
		.period = (double)c->contenders[0].peak->period,
	};
	const int deepest = put_frames(&canvas, &root, 0, 0);

	fputs("<div class=\"flamebox\"><div class=\"tools\">", out);
	if (c->ncontenders > 2)
		html_format(out, "%s against %s", c->contenders[i].name,
			c->contenders[0].name);
	put_ramp(out);
	fputs("<label>find <input type=\"search\" spellcheck=\"false\">"
	      "</label><button type=\"button\" class=\"reset\">whole tree"
	      "</button></div>",
		out);
	fprintf(out,
		"<svg class=\"flame\" height=\"%d\" role=\"group\" "
		"aria-label=\"tree of calls\">\n",
		(deepest + 1) * FRAME);
	canvas.out = out;
	put_frames(&canvas, &root, 0, 0);
	fputs("</svg><div class=\"readout\" aria-live=\"polite\"></div>"
	      "</div>\n",
		out);
	flame_free(&root);
}

void page_flame(FILE *out, const struct comparison *c)
{
	html_section(out, "flame", "Flame graph",
		"Who calls whom, from the outermost function down. Width is "
		"bytes in use at the peak, colour what has changed. Click or "
		"press Enter to look into a frame, Escape to come back; the "
		"arrow keys walk the tree.");
	for (size_t i = 1; i < c->ncontenders; i++)
		if (c->contenders[0].peak != NULL &&
			c->contenders[i].peak != NULL)
			put_flame(out, c, i);
	html_end_section(out);
}
