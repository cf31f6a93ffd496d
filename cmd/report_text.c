/*
 * report_text: the comparison on a terminal, or in a log: at most 40 lines of
 * 80 columns, in ASCII, and no colour that would carry a meaning.
 *
 * With one other contender there is room for the interval; with more, each
 * has a column of its own.  "~" is a difference that may be chance.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/compare.h"
#include "cmd/report.h"

enum {
	COLUMNS = 80,
	HEADING = 27, /* columns of a row's heading */
	WIDEST = 12,  /* of a contender's column */
};

/* Figures worth a line here; the others are in the files. */
static const enum metric told[] = {
	METRIC_wall,
	METRIC_cpu,
	METRIC_rss,
	METRIC_mean_rss,
	METRIC_mean_firm,
	METRIC_idle_rss,
	METRIC_live,
	METRIC_waste,
	METRIC_minflt,
	METRIC_switches,
	METRIC_nmmap,
	METRIC_nmadvise,
	METRIC_gc_share,
};

static int print_head(const struct comparison *c)
{
	char *command = report_command(c, COLUMNS);
	char runs[COLUMNS];
	char outcome[COLUMNS];
	char memory[32];

	printf("%s\n", command);
	printf("%s; %s\n", report_runs(runs, sizeof runs, c),
		report_outcome(outcome, sizeof outcome, c));
	printf("%s, %u CPUs, %s, THP %s, memory limit %s\n\n",
		c->machine.kernel, c->machine.ncpus,
		metric_format(memory, sizeof memory, UNIT_BYTES,
			(double)c->machine.memory),
		c->machine.thp, c->machine.cgroup);
	free(command);
	return 4;
}

/* Of a contender's column. */
static int narrow(const struct comparison *c)
{
	const int room = (COLUMNS - HEADING) / (int)c->ncontenders;

	return room < WIDEST ? room : WIDEST;
}

static bool is_wide(const struct comparison *c)
{
	return c->ncontenders <= 2;
}

static void print_names(const struct comparison *c)
{
	printf("%*s", HEADING, "");
	for (size_t i = 0; i < c->ncontenders; i++)
		printf("%*.*s", narrow(c), narrow(c) - 1,
			c->contenders[i].name);
	if (c->ncontenders == 2)
		printf("   difference, 95 %% interval");
	printf("\n");
}

static void print_pair_row(const struct comparison *c, enum metric metric)
{
	char text[64];
	char interval[64];
	const struct finding *f = &c->contenders[1].findings[metric];

	printf("   %s", report_delta(text, sizeof text, f, metric, false));
	report_interval(interval, sizeof interval, f, metric);
	if (interval[0] != '\0' && finding_is_distinct(f))
		printf(", %s", interval);
	printf("\n");
}

/* The base's value, then what each other differs by. */
static void print_row(const struct comparison *c, enum metric metric)
{
	const struct metric_row *row = &metric_table[metric];
	char text[64];

	printf("%-*s", HEADING, row->heading);
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct finding *f = &c->contenders[i].findings[metric];

		if (is_wide(c) || i == 0)
			metric_format(
				text, sizeof text, row->unit, f->median.median);
		else
			report_delta(text, sizeof text, f, metric, true);
		printf("%*s", narrow(c), text);
	}
	if (c->ncontenders == 2)
		print_pair_row(c, metric);
	else
		printf("\n");
}

/* Each returns how many lines it has printed. */
static int print_table(const struct comparison *c)
{
	int n = 1;

	print_names(c);
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (!report_is_empty(c, told[i])) {
			print_row(c, told[i]);
			n++;
		}
	if (c->ncontenders > 2)
		printf("~ no difference that is more than chance\n");
	return c->ncontenders > 2 ? n + 1 : n;
}

static bool has_ledger_row(const struct comparison *c, int row)
{
	/* Less than a tenth of a per cent is in the files. */
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct ledger *l = &c->contenders[i].ledger;
		if (l->is_known && fabs(l->row[row]) >= 1e-3 * l->rss)
			return true;
	}
	return false;
}

static void print_ledger_row(const struct comparison *c, int row)
{
	char text[64];

	printf("%-*.*s", HEADING, HEADING - 1, ledger_table[row].heading);
	for (size_t i = 0; i < c->ncontenders; i++) {
		const struct ledger *l = &c->contenders[i].ledger;

		metric_format(text, sizeof text, UNIT_BYTES,
			l->is_known ? l->row[row] : NAN);
		printf("%*s", narrow(c), text);
	}
	printf("\n");
}

static int print_ledger(const struct comparison *c)
{
	char text[64];
	int n = 2;

	printf("\n%-*s", HEADING, "RSS when it was highest");
	for (size_t i = 0; i < c->ncontenders; i++)
		printf("%*s", narrow(c),
			metric_format(text, sizeof text, UNIT_BYTES,
				c->contenders[i].ledger.is_known
					? c->contenders[i].ledger.rss
					: NAN));
	printf("\n");
	for (int row = 0; row < LEDGER_NROWS; row++)
		if (has_ledger_row(c, row)) {
			print_ledger_row(c, row);
			n++;
		}
	return n;
}

enum { PLACE = 40, MOST_SITES = 6, LINES = 40, LAST_LINES = 2 };

/* The call sites that have changed, as far as sampling can tell. */
static void print_sites(const struct comparison *c, int nlines)
{
	const int room = nlines - 2 < MOST_SITES ? nlines - 2 : MOST_SITES;
	char base[32];
	char other[32];
	char change[32];
	int n = 0;

	if (c->ncontenders != 2)
		return;
	const struct callsites *sites = &c->contenders[1].sites;
	for (size_t i = 0; i < sites->n && n < room; i++) {
		const struct callsite *s = &sites->at[i];
		const double *v[] = {s->values[0], s->values[1]};

		if (!s->is_distinct)
			continue;
		if (n++ == 0)
			printf("\nIn use at the peak, by call site\n");
		printf("%-*.*s%*s%*s%*s\n", PLACE, PLACE - 1, s->function,
			WIDEST,
			metric_format(base, sizeof base, UNIT_BYTES,
				v[0][INUSE_SPACE]),
			WIDEST,
			metric_format(other, sizeof other, UNIT_BYTES,
				v[1][INUSE_SPACE]),
			WIDEST,
			metric_format_signed(change, sizeof change, UNIT_BYTES,
				v[1][INUSE_SPACE] - v[0][INUSE_SPACE]));
	}
	if (n == 0 && sites->n > 0 && room >= 0)
		printf("\nNo call site differs by more than sampling may.\n");
}

void report_text(const struct comparison *c)
{
	int n = print_head(c);

	n += print_table(c);
	n += print_ledger(c);
	/* An empty line and the page's name come last. */
	print_sites(c, LINES - LAST_LINES - n);
}
