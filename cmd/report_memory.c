/*
 * report_memory: the ledger as bars on one scale and as a table that adds up,
 * and what requests of each size cost.
 */
#include <math.h>
#include <string.h>

#include "cmd/html.h"
#include "cmd/report.h"
#include "cmd/report_page.h"
#include "cmd/svg.h"

enum {
	GLIBC_HEADER = 8, /* bytes an object, beside its usable ones */
};

bool page_has_ledger(const struct comparison *c)
{
	for (size_t i = 0; i < c->ncontenders; i++)
		if (c->contenders[i].ledger.is_known)
			return true;
	return false;
}

/* ---- Ledger ---------------------------------------------------------- */

/* Untouched memory is part of the rows above it: taken off the last of them. */
static void resident_rows(const struct ledger *l, double rows[LEDGER_NROWS])
{
	static const enum ledger_row order[] = {
		LEDGER_kept, LEDGER_slots, LEDGER_metadata, LEDGER_requested};
	double left = -l->row[LEDGER_untouched];

	memcpy(rows, l->row, sizeof l->row);
	rows[LEDGER_untouched] = 0;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		const double part = fmin(fmax(0, rows[order[i]]), left);
		rows[order[i]] -= part;
		left -= part;
	}
}

static void put_segment(FILE *out, int row, double at, double share)
{
	fprintf(out,
		"<svg x=\"%.3f%%\" width=\"%.3f%%\" height=\"34\">"
		"<title>%s</title><rect width=\"100%%\" height=\"34\" "
		"style=\"fill:var(--%s)\"/></svg>",
		at, share, ledger_table[row].heading, ledger_table[row].key);
}

static void put_bar(FILE *out, const struct contender *p, double greatest)
{
	const struct ledger *l = &p->ledger;
	double rows[LEDGER_NROWS];
	char text[32];
	double at = 0;

	resident_rows(l, rows);
	fputs("<div class=\"stack\"><div class=\"name\"><b>", out);
	html_text(out, p->name);
	fprintf(out,
		"</b><span>%s resident</span></div>"
		"<svg role=\"img\" aria-label=\"ledger, as in the table\">",
		metric_format(text, sizeof text, UNIT_BYTES, l->rss));
	for (int row = 0; row < LEDGER_NROWS; row++) {
		const double share = fmax(0, rows[row]) / greatest * 100;
		if (share < 0.05)
			continue;
		put_segment(out, row, at, share);
		at += share;
	}
	fputs("</svg></div>\n", out);
}

static bool is_row_used(const struct comparison *c, int row)
{
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct ledger *l = &c->contenders[i].ledger;
		if (l->is_known && fabs(l->row[row]) >= 512)
			return true;
	}
	return false;
}

static void put_ledger_row(FILE *out, const struct comparison *c, int row)
{
	char text[32];

	fputs("<tr><th scope=\"row\">", out);
	if (row == LEDGER_untouched)
		fputs("<span class=\"chip\"></span>", out);
	else
		fprintf(out,
			"<span class=\"chip\" style=\"--k:var(--%s)\"></span>",
			ledger_table[row].key);
	fprintf(out, "%s</th>", ledger_table[row].heading);
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct ledger *l = &c->contenders[i].ledger;
		const double v = l->is_known ? l->row[row] : NAN;

		fprintf(out, "<td class=\"num%s\">%s</td>",
			v == 0 || isnan(v) ? " quiet" : "",
			v == 0 ? "0"
			       : metric_format(
					 text, sizeof text, UNIT_BYTES, v));
		fprintf(out, "<td class=\"num quiet wide\">%.1f %%</td>",
			l->is_known ? fabs(v) / l->rss * 100 : 0);
	}
	fputs("</tr>\n", out);
}

static void put_ledger_table(FILE *out, const struct comparison *c)
{
	char text[32];

	fputs("<div class=\"scroll\"><table><thead><tr><th></th>", out);
	for (size_t i = 0; i < c->ncontenders; i++) {
		fputs("<th scope=\"col\" class=\"num\">", out);
		html_text(out, c->contenders[i].name);
		fputs("</th><th class=\"wide\"></th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (int row = 0; row < LEDGER_NROWS; row++)
		if (is_row_used(c, row))
			put_ledger_row(out, c, row);
	fputs("</tbody><tfoot><tr><th scope=\"row\">RSS</th>", out);
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct ledger *l = &c->contenders[i].ledger;
		fprintf(out,
			"<td class=\"num\">%s</td>"
			"<td class=\"num wide\">%s</td>",
			metric_format(text, sizeof text, UNIT_BYTES,
				l->is_known ? l->rss : NAN),
			l->is_known ? "100 %" : "");
	}
	fputs("</tr></tfoot></table></div>\n", out);
}

void page_ledger(FILE *out, const struct comparison *c)
{
	double greatest = 0;

	html_section(out, "ledger", "Memory ledger",
		"The process with the most memory, when its RSS was highest. "
		"The allocator's own account and the kernel's, taken at one "
		"moment; the rows add up to RSS.");
	for (size_t i = 0; i < c->ncontenders; i++)
		greatest = fmax(greatest, c->contenders[i].ledger.rss);
	for (size_t i = 0; i < c->ncontenders; i++)
		if (c->contenders[i].ledger.is_known)
			put_bar(out, &c->contenders[i], greatest);
	put_ledger_table(out, c);
	fputs("<p class=\"note\">Memory that an allocator counts and nobody "
	      "has touched is no part of RSS: the table subtracts it in a "
	      "row of its own, the bars leave it out.</p>\n",
		out);
	html_end_section(out);
}

/* ---- Sizes ----------------------------------------------------------- */

enum { NGROUPS = 40, GROUPS_PER_DOUBLING = 2, FIRST_DOUBLING = 4 };

/* Requests of sizes that are near each other. */
struct group {
	double nrequests;
	double requested;
	double waste[COMPARE_MAX]; /* bytes, of each contender */
	double asked[COMPARE_MAX]; /* bytes requested, likewise */
};

/* 16 and less, to 24, to 32, to 48, to 64, ... */
static size_t group_of(size_t top)
{
	size_t group = 0;

	for (double size = 1 << FIRST_DOUBLING;
		size < (double)top && group < NGROUPS - 1; group++)
		size *= group % 2 == 0 ? 1.5 : 4.0 / 3;
	return group;
}

static double group_top(size_t group)
{
	return ldexp(group % 2 == 0 ? 1 : 1.5,
		FIRST_DOUBLING + (int)(group / GROUPS_PER_DOUBLING));
}

bool page_has_sizes(const struct comparison *c)
{
	for (size_t i = 0; i < PROBE_NBUCKETS; i++)
		if (c->contenders[0].sizes.nrequests[i] > 0)
			return true;
	return false;
}

/* Fills groups; returns how many are in use. */
static size_t groups_fill(struct group *groups, const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct contender *p = &c->contenders[i];
		const double header =
			p->ledger.allocator == PROBE_GLIBC ? GLIBC_HEADER : 0;

		for (size_t b = 0; b < PROBE_NBUCKETS; b++) {
			const double count = (double)p->sizes.nrequests[b];
			const double bytes = (double)p->sizes.requested[b];
			const size_t at = group_of(probe_bucket_top(b));

			if (count == 0)
				continue;
			groups[at].asked[i] += bytes;
			groups[at].waste[i] += (double)p->sizes.usable[b] -
					       bytes + header * count;
			if (i == 0) {
				groups[at].nrequests += count;
				groups[at].requested += bytes;
			}
			n = at + 1 > n ? at + 1 : n;
		}
	}
	return n;
}

static void put_size_labels(FILE *out, size_t n)
{
	char text[32];

	fputs("<div class=\"xlabels sparse\" aria-hidden=\"true\">", out);
	for (size_t i = 0; i<n; i += n> 18 ? 6 : 4)
		fprintf(out, "<span style=\"left:%.2f%%\">%s</span>",
			((double)i + 0.5) / (double)n * 100,
			metric_format(
				text, sizeof text, UNIT_BYTES, group_top(i)));
	fputs("</div>", out);
}

/* Columns of one height each; what[i] NAN: none. */
static void put_columns(FILE *out, const double *heights, size_t n,
	const struct svg_axis *axis, const char *class, const char *label)
{
	char text[32];
	char top[32];

	fputs("<div class=\"plot small\">", out);
	svg_y_labels(out, axis);
	fputs("<div class=\"area\" role=\"img\" aria-label=\"", out);
	html_text(out, label);
	fputs("\"><svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" "
	      "aria-hidden=\"true\">",
		out);
	svg_grid(out, axis);
	fputs("</svg><svg aria-hidden=\"true\">", out);
	for (size_t i = 0; i < n; i++) {
		if (isnan(heights[i]))
			continue;
		const double height = svg_place(axis, heights[i]);
		fprintf(out,
			"<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" "
			"y=\"%.2f%%\" height=\"%.2f%%\"><title>up to %s: "
			"%s</title></rect>",
			class, ((double)i + 0.12) / (double)n * 100,
			0.76 / (double)n * 100, 100 - height, height,
			metric_format(
				top, sizeof top, UNIT_BYTES, group_top(i)),
			metric_format(
				text, sizeof text, axis->unit, heights[i]));
	}
	fputs("</svg></div>", out);
	put_size_labels(out, n);
	fputs("</div>", out);
}

static void put_requests(FILE *out, const struct group *groups, size_t n)
{
	double heights[NGROUPS];
	double bytes[NGROUPS];
	double most = 0;
	double most_bytes = 0;

	for (size_t i = 0; i < n; i++) {
		heights[i] = groups[i].nrequests;
		bytes[i] = groups[i].requested;
		most = fmax(most, heights[i]);
		most_bytes = fmax(most_bytes, bytes[i]);
	}
	const struct svg_axis axis = svg_axis_for(most, UNIT_COUNT);
	const struct svg_axis byte_axis = svg_axis_for(most_bytes, UNIT_BYTES);
	fputs("<figure><figcaption><h3>Requests by size</h3></figcaption>",
		out);
	put_columns(out, heights, n, &axis, "f0", "requests by size");
	fputs("</figure>\n<figure><figcaption><h3>Bytes requested by size"
	      "</h3></figcaption>",
		out);
	put_columns(out, bytes, n, &byte_axis, "f0", "bytes by size");
	fputs("</figure>\n", out);
}

/* Waste of one contender, all on one scale. */
static void put_waste(FILE *out, const struct comparison *c, size_t i,
	const struct group *groups, size_t n, const struct svg_axis *axis)
{
	double heights[NGROUPS];
	double waste = 0;
	double asked = 0;
	char class[32];
	char text[32];

	for (size_t k = 0; k < n; k++) {
		waste += groups[k].waste[i];
		asked += groups[k].asked[i];
		heights[k] = groups[k].asked[i] > 0
				     ? groups[k].waste[i] / groups[k].asked[i]
				     : NAN;
	}
	snprintf(class, sizeof class, "f%zu", i);
	fputs("<figure><figcaption><h3>Rounding in ", out);
	html_text(out, c->contenders[i].name);
	fprintf(out,
		"</h3><span>%s beyond what was requested, all together"
		"</span></figcaption>",
		metric_format(text, sizeof text, UNIT_SHARE,
			asked > 0 ? waste / asked : NAN));
	put_columns(out, heights, n, axis, class, "rounding by size");
	fputs("</figure>\n", out);
}

void page_sizes(FILE *out, const struct comparison *c)
{
	struct group groups[NGROUPS] = {0};
	const size_t n = groups_fill(groups, c);
	double most = 0.1;

	for (size_t i = 0; i < c->ncontenders; i++)
		for (size_t k = 0; k < n; k++)
			if (groups[k].asked[i] > 0)
				most = fmax(most, groups[k].waste[i] /
							  groups[k].asked[i]);
	const struct svg_axis axis = svg_axis_for(fmin(most, 1), UNIT_SHARE);
	html_section(out, "sizes", "Sizes",
		"Every request of the run, by size, and what each allocator "
		"adds: rounding up to a size class, and headers.");
	fputs("<div class=\"charts\">\n", out);
	put_requests(out, groups, n);
	for (size_t i = 0; i < c->ncontenders; i++)
		put_waste(out, c, i, groups, n, &axis);
	fputs("</div>\n", out);
	html_end_section(out);
}
