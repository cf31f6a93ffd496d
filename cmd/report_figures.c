/*
 * report_figures: the table of all figures, each with its interval on one
 * scale, so that a column of marks shows at once where the sides differ.
 *
 * The scale is logarithmic: half and double are equally far from "the same".
 */
#include <math.h>
#include <string.h>

#include "cmd/html.h"
#include "cmd/report.h"
#include "cmd/report_page.h"

/* Half the scale, as a logarithm; what lies beyond is drawn at its end. */
static double forest_reach(const struct contender *p)
{
	static const double reaches[] = {0.05, 0.1, 0.25, 0.5, 1};
	double greatest = 0;

	for (int i = 0; i < NMETRICS; i++) {
		const struct robust_shift *s = &p->findings[i].shift;
		if (!s->is_relative || metric_table[i].source != FROM_TIMED)
			continue;
		greatest = fmax(greatest,
			fmax(fabs(log1p(s->low)), fabs(log1p(s->high))));
	}
	for (size_t i = 0; i < sizeof reaches / sizeof *reaches; i++)
		if (greatest <= log1p(reaches[i]))
			return log1p(reaches[i]);
	return log1p(1);
}

static double forest_place(double reach, double relative)
{
	return fmin(100, fmax(0, 50 + 50 * log1p(relative) / reach));
}

/* An arrow says that the mark lies further out. */
static void put_beyond(FILE *out, bool is_right, const char *class)
{
	fprintf(out,
		"<svg x=\"%s\" overflow=\"visible\"><path class=\"%s\" "
		"d=\"M%d 3L%d 8L%d 13Z\"/></svg>",
		is_right ? "100%" : "0", class, is_right ? -7 : 7,
		is_right ? 0 : 0, is_right ? -7 : 7);
}

static void put_forest(FILE *out, const struct finding *f, enum metric metric,
	double reach, size_t i)
{
	const struct robust_shift *s = &f->shift;
	const bool is_single = metric_table[metric].source != FROM_TIMED;
	char class[32];

	fputs("<td class=\"forest\"><svg aria-hidden=\"true\">"
	      "<line x1=\"50%\" x2=\"50%\" y2=\"16\" stroke=\"var(--line)\"/>",
		out);
	snprintf(class, sizeof class, "f%zu", i);
	if (s->is_relative && fabs(log1p(s->shift)) > reach) {
		put_beyond(out, s->shift > 0, class);
	} else if (s->is_relative) {
		const bool is_sure = is_single || finding_is_distinct(f);
		fprintf(out,
			"<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"8\" y2=\"8\" "
			"class=\"s%zu\" stroke-width=\"2.5\"%s/>"
			"<circle cx=\"%.2f%%\" cy=\"8\" r=\"4\" "
			"class=\"%s s%zu\" stroke-width=\"1.5\"%s/>",
			forest_place(reach, s->low),
			forest_place(reach, s->high), i,
			is_sure ? "" : " opacity=\".5\"",
			forest_place(reach, s->shift), class, i,
			is_sure ? "" : " style=\"fill:var(--bg)\"");
	}
	fputs("</svg></td>", out);
}

static void put_median(FILE *out, const struct finding *f, enum metric metric)
{
	const enum metric_unit unit = metric_table[metric].unit;
	char text[32];
	char low[32];
	char high[32];

	fputs("<td class=\"num\"", out);
	if (f->median.n > 1)
		fprintf(out, " title=\"%s to %s (%.0f %%)\"",
			metric_format(low, sizeof low, unit, f->median.low),
			metric_format(high, sizeof high, unit, f->median.high),
			f->median.coverage * 100);
	fprintf(out, ">%s</td>",
		metric_format(text, sizeof text, unit, f->median.median));
}

static void put_row(FILE *out, const struct comparison *c, size_t i,
	enum metric metric, double reach)
{
	const struct finding *f = &c->contenders[i].findings[metric];
	const char *heading = metric_table[metric].heading;
	const bool is_sub = heading[0] == ' ';
	const bool is_single = metric_table[metric].source != FROM_TIMED;
	const bool is_told = is_single || finding_is_distinct(f);
	char text[64];
	char interval[64];

	fprintf(out, "<tr><th scope=\"row\"%s>%s</th>",
		is_sub ? " class=\"sub\"" : "", heading + (is_sub ? 2 : 0));
	put_median(out, &c->contenders[0].findings[metric], metric);
	put_median(out, f, metric);
	fprintf(out, "<td class=\"num %s\">%s</td>",
		is_single            ? ""
		: !is_told           ? "quiet"
		: f->shift.shift < 0 ? "less"
		: f->shift.shift > 0 ? "more"
				     : "quiet",
		report_delta(text, sizeof text, f, metric, false));
	fprintf(out, "<td class=\"num quiet interval\">%s</td>",
		is_single && f->median.n > 0
			? "one run"
			: report_interval(
				  interval, sizeof interval, f, metric));
	put_forest(out, f, metric, reach, i);
	fputs("</tr>\n", out);
}

static void put_table_head(
	FILE *out, const struct comparison *c, size_t i, double reach)
{
	fputs("<div class=\"scroll\"><table><thead><tr>"
	      "<th scope=\"col\">figure</th><th scope=\"col\" class=\"num\">",
		out);
	html_text(out, c->contenders[0].name);
	fputs("</th><th scope=\"col\" class=\"num\">", out);
	html_text(out, c->contenders[i].name);
	fprintf(out,
		"</th><th scope=\"col\" class=\"num\">difference</th>"
		"<th scope=\"col\" class=\"num interval\">95 %% interval</th>"
		"<th scope=\"col\" class=\"forest\"><div class=\"scale\">"
		"<span>%.0f %%</span><span style=\"left:50%%\">same</span>"
		"<span>+%.0f %%</span></div></th></tr></thead><tbody>\n",
		expm1(-reach) * 100, expm1(reach) * 100);
}

void page_figures(FILE *out, const struct comparison *c)
{
	html_section(out, "figures", "All figures",
		"Medians, and how far the sides are apart. A hollow mark may "
		"be chance; what one run gave has no interval.");
	for (size_t i = 1; i < c->ncontenders; i++) {
		const double reach = forest_reach(&c->contenders[i]);

		if (c->ncontenders > 2)
			fprintf(out, "<h3 style=\"margin-top:%s\">",
				i > 1 ? "2rem" : "0");
		if (c->ncontenders > 2)
			html_format(out, "%s against %s", c->contenders[i].name,
				c->contenders[0].name);
		fputs(c->ncontenders > 2 ? "</h3>" : "", out);
		put_table_head(out, c, i, reach);
		for (int m = 0; m < NMETRICS; m++)
			if (!report_is_empty(c, m))
				put_row(out, c, i, m, reach);
		fputs("</tbody></table></div>\n", out);
	}
	html_end_section(out);
}
