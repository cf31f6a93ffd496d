/*
 * report_verdict: the head of report.html, and its key figures.
 *
 * The verdict comes first, in words.  A difference that may be chance has no
 * number anywhere: the eye would believe it.  Less is blue, more is orange,
 * and the words say so too.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/html.h"
#include "cmd/report.h"
#include "cmd/report_page.h"
#include "cmd/svg.h"

static const struct {
	enum metric metric;
	const char *name;
} headline[] = {
	{METRIC_rss, "peak memory"},
	{METRIC_cpu, "CPU time"},
	{METRIC_wall, "wall time"},
};

enum { NHEADLINE = sizeof headline / sizeof *headline };

static const char *direction(double shift)
{
	return shift < 0 ? "less" : shift > 0 ? "more" : "even";
}

/* Begins with a capital where it begins the sentence. */
static void put_name(FILE *out, const char *name, bool is_first)
{
	if (is_first && name[0] >= 'a' && name[0] <= 'z')
		fputc(name[0] - 'a' + 'A', out);
	else
		fputc(name[0], out);
	fputs(name + 1, out);
}

static void put_distinct(
	FILE *out, const struct contender *p, int i, bool first)
{
	const double shift = p->findings[headline[i].metric].shift.shift;
	const double percent = fabs(shift) * 100;

	put_name(out, headline[i].name, first);
	fprintf(out, " is <span class=\"n %s\">", direction(shift));
	if (shift >= 2)
		fprintf(out, "%.1f times as high</span>", 1 + shift);
	else
		fprintf(out, "%.*f %% %s</span>", percent < 9.995 ? 1 : 0,
			percent, shift < 0 ? "lower" : "higher");
}

/* "Peak memory is 12 % lower under goalloc; no difference in wall time." */
static void put_sentence(
	FILE *out, const struct comparison *c, const struct contender *p)
{
	int same[NHEADLINE];
	int nsame = 0;
	int ntold = 0;

	for (int i = 0; i < NHEADLINE; i++) {
		if (!finding_is_distinct(&p->findings[headline[i].metric])) {
			same[nsame++] = i;
			continue;
		}
		fputs(ntold > 0 ? ", " : "", out);
		put_distinct(out, p, i, ntold == 0);
		ntold++;
	}
	if (ntold > 0) {
		fputs(" under ", out);
		html_text(out, p->name);
	}
	for (int k = 0; k < nsame; k++) {
		if (k == 0)
			fputs(ntold > 0 ? "; no difference in "
					: "No difference in ",
				out);
		else
			fputs(k + 1 == nsame ? " or " : ", ", out);
		fputs(headline[same[k]].name, out);
	}
	if (ntold == 0) {
		fputs(" between ", out);
		html_text(out, c->contenders[0].name);
		fputs(" and ", out);
		html_text(out, p->name);
	}
	fputc('.', out);
}

static void put_contenders(FILE *out, const struct comparison *c)
{
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct contender *p = &c->contenders[i];

		fprintf(out, "<li><i style=\"background:var(--c%zu)\"></i>", i);
		html_text(out, p->name);
		if (p->version[0] != '\0')
			html_format(out, " (%s)",
				p->library == NULL ? c->machine.libc
						   : p->version);
		fputs(i == 0 ? ", the base</li>" : "</li>", out);
	}
}

void page_head(FILE *out, const struct comparison *c)
{
	const struct machine *m = &c->machine;
	const bool is_alarm =
		c->outcome == OUTCOME_OUTPUT || c->outcome == OUTCOME_STATUS;
	char text[128];
	char *command = report_command(c, -1);

	fputs("<header><div class=\"over\">goalloc compare</div>\n", out);
	for (size_t i = 1; i < c->ncontenders; i++) {
		fputs(i == 1 ? "<h1>" : "<p class=\"also\">", out);
		put_sentence(out, c, &c->contenders[i]);
		fputs(i == 1 ? "</h1>\n" : "</p>\n", out);
	}
	fputs("<code class=\"command\" tabindex=\"0\" "
	      "aria-label=\"the command\">",
		out);
	html_text(out, command);
	fputs("</code>\n<ul class=\"facts\">", out);
	put_contenders(out, c);
	fprintf(out, "</ul>\n<ul class=\"facts\"><li%s>",
		is_alarm ? " class=\"alarm\"" : "");
	html_text(out, report_outcome(text, sizeof text, c));
	fputs("</li><li>", out);
	html_text(out, report_runs(text, sizeof text, c));
	fputs("</li><li>", out);
	html_text(out, m->kernel);
	fputs("</li><li>", out);
	html_text(out, m->processor);
	html_format(out, ", %u CPUs", m->ncpus);
	fputs("</li><li>", out);
	html_format(out, "%s memory",
		metric_format(
			text, sizeof text, UNIT_BYTES, (double)m->memory));
	fputs("</li><li>", out);
	html_format(out, "huge pages: %s", m->thp);
	fputs("</li><li>", out);
	html_format(out, "cgroup limit: %s", m->cgroup);
	fputs("</li><li>", out);
	html_text(out, m->time);
	fputs("</li></ul></header>\n", out);
	free(command);
}

/* ---- Cards ----------------------------------------------------------- */

/* Each run as a dot over a bar from 0 to the median. */
static void put_strip(FILE *out, const struct comparison *c, size_t i,
	enum metric metric, const struct svg_axis *axis)
{
	const struct contender *p = &c->contenders[i];
	const struct robust_median *m = &p->findings[metric].median;
	char text[32];

	fputs("<b>", out);
	html_text(out, p->name);
	fprintf(out, "</b><span class=\"v\">%s</span>",
		metric_format(text, sizeof text, metric_table[metric].unit,
			m->median));
	fprintf(out,
		"<svg aria-hidden=\"true\"><rect y=\"4\" height=\"8\" "
		"rx=\"1\" width=\"%.2f%%\" class=\"f%zu\" opacity=\".3\"/>",
		svg_place(axis, m->median), i);
	for (size_t k = 0; k < p->nruns; k++) {
		const double v = p->runs[k].value[metric];
		if (!isnan(v))
			fprintf(out,
				"<circle cx=\"%.2f%%\" cy=\"8\" r=\"3\" "
				"class=\"f%zu\" opacity=\".7\"/>",
				svg_place(axis, v), i);
	}
	fprintf(out,
		"<rect x=\"%.2f%%\" width=\"2\" height=\"16\" "
		"class=\"f%zu\"/></svg>",
		svg_place(axis, m->median), i);
}

static double greatest_run(const struct comparison *c, enum metric metric)
{
	double greatest = 0;

	for (size_t i = 0; i < c->ncontenders; i++)
		for (size_t k = 0; k < c->contenders[i].nruns; k++)
			greatest = fmax(greatest,
				c->contenders[i].runs[k].value[metric]);
	return greatest;
}

static void put_card(FILE *out, const struct comparison *c, enum metric metric,
	const char *title)
{
	const struct finding *f = &c->contenders[1].findings[metric];
	const struct svg_axis axis = svg_axis_until(
		greatest_run(c, metric) * 1.03, metric_table[metric].unit);
	const bool is_distinct = finding_is_distinct(f);
	char text[64];

	if (report_is_empty(c, metric))
		return;
	fprintf(out, "<article class=\"card\"><h3>%s</h3>", title);
	if (c->ncontenders == 2) {
		fprintf(out, "<div class=\"delta %s\">%s</div>",
			is_distinct ? direction(f->shift.shift) : "same",
			report_delta(text, sizeof text, f, metric, false));
		report_interval(text, sizeof text, f, metric);
		fprintf(out, "<div class=\"ci\">%s%s</div>",
			text[0] != '\0' ? "95 %: " : "", text);
	}
	fputs("<div class=\"strip\">", out);
	for (size_t i = 0; i < c->ncontenders; i++)
		put_strip(out, c, i, metric, &axis);
	fputs("</div></article>\n", out);
}

void page_key_figures(FILE *out, const struct comparison *c)
{
	html_section(out, "key", "At a glance",
		"The median is the mark, every dot is a run, and the bars "
		"begin at zero.");
	fputs("<div class=\"cards\">\n", out);
	put_card(out, c, METRIC_rss, "Peak RSS");
	put_card(out, c, METRIC_mean_rss, "Mean RSS");
	put_card(out, c, METRIC_cpu, "CPU time");
	put_card(out, c, METRIC_wall, "Wall time");
	fputs("</div>\n", out);
	html_end_section(out);
}
