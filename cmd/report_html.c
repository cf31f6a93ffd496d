/*
 * report_html: one page that needs nothing else.
 *
 * Style and script are in the page, no chart is an image, and nothing is
 * fetched.  Without the script everything is there to read; the script adds
 * reading values off charts, sorting and walking the flame graph.
 */
#include <stdlib.h>

#include "cmd/html.h"
#include "cmd/report.h"
#include "cmd/report_page.h"
#include "cmd/report_parts.h"
#include "cmd/say.h"

static const struct section {
	const char *id;
	const char *name;
	bool (*is_there)(const struct comparison *c); /* NULL: always */
	void (*put)(FILE *out, const struct comparison *c);
} sections[] = {
	{"key", "At a glance", NULL, page_key_figures},
	{"figures", "All figures", NULL, page_figures},
	{"time", "Over time", page_has_series, page_series},
	{"ledger", "Memory ledger", page_has_ledger, page_ledger},
	{"sites", "Call sites", page_has_sites, page_sites},
	{"flame", "Flame graph", page_has_sites, page_flame},
	{"sizes", "Sizes", page_has_sizes, page_sizes},
};

enum { NSECTIONS = sizeof sections / sizeof *sections };

static bool is_there(const struct section *s, const struct comparison *c)
{
	return s->is_there == NULL || s->is_there(c);
}

static void put_navigation(FILE *out, const struct comparison *c)
{
	int number = 1;

	fputs("<nav aria-label=\"sections\"><ol>", out);
	for (int i = 0; i < NSECTIONS; i++)
		if (is_there(&sections[i], c))
			fprintf(out,
				"<li><a href=\"#%s\"><kbd>%d</kbd>%s</a></li>",
				sections[i].id, number++, sections[i].name);
	fputs("</ol></nav>\n", out);
}

static void put_foot(FILE *out, const struct comparison *c)
{
	char runs[128];

	fputs("<footer><p>", out);
	html_text(out, report_runs(runs, sizeof runs, c));
	fputs(", after one run of each that is not counted. Differences are "
	      "Hodges-Lehmann shifts of the ratio, with exact Mann-Whitney "
	      "intervals; \"no difference\" means that the interval holds "
	      "zero. Where fewer than four runs are on a side nothing can be "
	      "told. Probing, profiling and tracing had runs of their own."
	      "</p><p>Beside this page:</p><ul>"
	      "<li><code>report.json</code>: all of it, for programs</li>"
	      "<li><code>series.dat</code>, <code>series.gnuplot</code>: "
	      "memory over time</li>",
		out);
	if (page_has_sites(c))
		fputs("<li><code>*.pb.gz</code> for pprof, "
		      "<code>*.folded</code> for flame graphs, "
		      "<code>*.massif</code> for ms_print</li>",
			out);
	fputs("</ul></footer>\n", out);
}

bool report_html(const struct comparison *c)
{
	char *path = must_format("%s/report.html", c->folder);
	char *command = report_command(c, 60);
	FILE *out = fopen(path, "we");

	free(path);
	if (out == NULL)
		return false;
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
	      "charset=\"utf-8\"><meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\">\n"
	      "<link rel=\"icon\" href=\"data:,\"><title>",
		out);
	html_text(out, command);
	fprintf(out,
		" - goalloc compare</title>\n<style>\n%s</style></head>\n"
		"<body>\n",
		report_css);
	page_head(out, c);
	put_navigation(out, c);
	fputs("<main>\n", out);
	for (int i = 0; i < NSECTIONS; i++)
		if (is_there(&sections[i], c))
			sections[i].put(out, c);
	fputs("</main>\n", out);
	put_foot(out, c);
	fprintf(out, "<script>\n%s</script>\n</body></html>\n", report_js);
	free(command);
	return fclose(out) == 0;
}
