/*
 * report_gnuplot: the series as columns, and a script that draws them.
 *
 *	gnuplot series.gnuplot        writes series.png
 *
 * One block per contender, with two empty lines between them, as gnuplot's
 * "index" wants it.  What is not known is "?".
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/compare.h"
#include "cmd/report.h"
#include "cmd/say.h"

static FILE *open_in(const struct comparison *c, const char *name)
{
	char *path = must_format("%s/%s", c->folder, name);
	FILE *out = fopen(path, "we");

	free(path);
	return out;
}

static void put_number(FILE *out, double v)
{
	if (isnan(v))
		fputs(" ?", out);
	else
		fprintf(out, " %.10g", v);
}

static void put_block(FILE *out, const struct contender *p)
{
	fprintf(out, "# %s\n#", p->name);
#define NAME(name) fputs(" " #name, out);
	FOR_EACH_SAMPLE_COLUMN(NAME)
#undef NAME
	for (size_t i = 0; i < p->series.n; i++) {
		const struct sample *s = &p->series.samples[i];
		fputc('\n', out);
#define VALUE(name) put_number(out, s->name);
		FOR_EACH_SAMPLE_COLUMN(VALUE)
#undef VALUE
	}
	fputs("\n\n\n", out);
}

static void put_script(FILE *out, const struct comparison *c)
{
	fputs("set terminal pngcairo size 1200,700\n"
	      "set output 'series.png'\n"
	      "set datafile missing '?'\n"
	      "set xlabel 'seconds'\nset ylabel 'MiB'\nset key outside\n"
	      "plot \\\n",
		out);
	for (size_t i = 0; i < c->ncontenders; i++) {
		const char *name = c->contenders[i].name;
		fprintf(out,
			"  'series.dat' index %zu using 1:($2/2**20) "
			"with lines lw 2 title '%s: RSS', \\\n"
			"  '' index %zu using 1:($7/2**20) "
			"with lines dt 2 title '%s: live'%s\n",
			i, name, i, name, i + 1 < c->ncontenders ? ", \\" : "");
	}
}

bool report_gnuplot(const struct comparison *c)
{
	FILE *data = open_in(c, "series.dat");
	FILE *script = open_in(c, "series.gnuplot");

	if (data == NULL || script == NULL)
		return false;
	for (size_t i = 0; i < c->ncontenders; i++)
		put_block(data, &c->contenders[i]);
	put_script(script, c);
	const bool is_data = fclose(data) == 0;
	return fclose(script) == 0 && is_data;
}
