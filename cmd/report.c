/*
 * report: words for findings.
 *
 * A difference is told in per cent with two or three digits; one that may be
 * chance is called "no difference", never given a number.
 */
#include "cmd/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

static int percent_decimals(double percent)
{
	return fabs(percent) < 9.995 ? 1 : 0;
}

/* More than this is told as a factor: "4.2x". */
static const double FACTOR_FROM = 2;

static char *format_ratio(char *out, size_t size, double relative)
{
	const double percent = relative * 100;

	if (relative >= FACTOR_FROM)
		snprintf(
			out, size, "%.*fx", relative < 9 ? 1 : 0, 1 + relative);
	else
		snprintf(out, size, "%+.*f %%", percent_decimals(percent),
			percent);
	return out;
}

static bool is_single(enum metric metric)
{
	return metric_table[metric].source != FROM_TIMED;
}

char *report_delta(char *out, size_t size, const struct finding *f,
	enum metric metric, bool is_short)
{
	const struct robust_shift *s = &f->shift;

	if (isnan(s->shift))
		snprintf(out, size, "%s", "");
	else if (s->shift == 0 && s->low == 0 && s->high == 0)
		snprintf(out, size, "%s", is_short ? "=" : "the same");
	else if (!is_single(metric) && !finding_is_distinct(f))
		snprintf(out, size, "%s", is_short ? "~" : "no difference");
	else if (s->is_relative)
		format_ratio(out, size, s->shift);
	else
		metric_format_signed(
			out, size, metric_table[metric].unit, s->shift);
	return out;
}

char *report_interval(
	char *out, size_t size, const struct finding *f, enum metric metric)
{
	const struct robust_shift *s = &f->shift;
	char low[32];
	char high[32];

	out[0] = '\0';
	if (isnan(s->shift) || is_single(metric) || s->low == s->high)
		return out;
	if (s->is_relative) {
		const double widest = fmax(fabs(s->low), fabs(s->high)) * 100;
		const int n = percent_decimals(widest);
		if (s->high >= FACTOR_FROM)
			snprintf(out, size, "%.1f to %.1fx", 1 + s->low,
				1 + s->high);
		else
			snprintf(out, size, "%+.*f to %+.*f %%", n,
				s->low * 100, n, s->high * 100);
		return out;
	}
	const enum metric_unit unit = metric_table[metric].unit;
	snprintf(out, size, "%s to %s",
		metric_format_signed(low, sizeof low, unit, s->low),
		metric_format_signed(high, sizeof high, unit, s->high));
	return out;
}

/* "EXIT STATUSES DIFFER: glibc 0, goalloc 0 (139 when profiled)". */
static void format_statuses(char *out, size_t size, const struct comparison *c)
{
	int length = snprintf(out, size, "EXIT STATUSES DIFFER: ");

	for (size_t i = 0; i < c->ncontenders && (size_t)length < size; i++) {
		const struct contender *p = &c->contenders[i];

		length += snprintf(out + length, size - (size_t)length,
			"%s%s %d", i > 0 ? ", " : "", p->name, p->status);
		if (!p->is_same_status && (size_t)length < size)
			length += snprintf(out + length, size - (size_t)length,
				" (%d when %s)", p->other_status,
				p->other_mode);
	}
}

char *report_outcome(char *out, size_t size, const struct comparison *c)
{
	switch (c->outcome) {
	case OUTCOME_SAME:
		snprintf(out, size, "same output in every run, exit status %d",
			c->contenders[0].status);
		break;
	case OUTCOME_VARIES:
		snprintf(out, size,
			"output varies from run to run, exit status %d",
			c->contenders[0].status);
		break;
	case OUTCOME_OUTPUT:
		snprintf(out, size, "OUTPUTS DIFFER, exit status %d",
			c->contenders[0].status);
		break;
	case OUTCOME_STATUS: format_statuses(out, size, c); break;
	}
	return out;
}

/* Whether a shell would read the word as it stands. */
static bool is_plain(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-+=./:,@%";

	return *word != '\0' && word[strspn(word, plain)] == '\0';
}

static void quote_word(FILE *out, const char *word)
{
	if (is_plain(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (const char *s = word; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("'\\''", out);
		else
			fputc(*s == '\n' || *s == '\t' ? ' ' : *s, out);
	}
	fputc('\'', out);
}

char *report_command(const struct comparison *c, int columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		die(STATUS_FAILED, "no memory");
	for (char **word = c->command; *word != NULL; word++) {
		if (word != c->command)
			fputc(' ', out);
		quote_word(out, *word);
	}
	fclose(out);
	if (columns > 3 && strlen(text) > (size_t)columns)
		memcpy(text + columns - 3, "...", 4);
	return text;
}

char *report_runs(char *out, size_t size, const struct comparison *c)
{
	const size_t n = c->contenders[0].nruns;

	if (c->nrounds_cut > 0)
		snprintf(out, size,
			"%zu of %zu runs each, to keep the promised time", n,
			n + c->nrounds_cut);
	else
		snprintf(out, size, "%zu runs each, interleaved", n);
	return out;
}

bool report_is_empty(const struct comparison *c, enum metric metric)
{
	for (size_t i = 0; i < c->ncontenders; i++) {
		const double v =
			c->contenders[i].findings[metric].median.median;
		if (!isnan(v) && v != 0)
			return false;
	}
	return true;
}

/* "12 % lower", "1.3 % higher", "4.2 times". */
static void put_change(FILE *out, double relative)
{
	const double percent = fabs(relative) * 100;

	if (relative >= FACTOR_FROM)
		fprintf(out, "%.1f times as high", 1 + relative);
	else
		fprintf(out, "%.*f %% %s", percent_decimals(percent), percent,
			relative < 0 ? "lower" : "higher");
}

char *report_sentence(const struct comparison *c, size_t i)
{
	static const struct {
		enum metric metric;
		const char *name;
	} told[] = {
		{METRIC_wall, "wall time"},
		{METRIC_cpu, "CPU time"},
		{METRIC_rss, "peak memory"},
	};
	const char *same[3];
	size_t nsame = 0;
	size_t ntold = 0;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		die(STATUS_FAILED, "no memory");
	for (size_t k = 0; k < 3; k++) {
		const struct finding *f =
			&c->contenders[i].findings[told[k].metric];
		if (!finding_is_distinct(f)) {
			same[nsame++] = told[k].name;
			continue;
		}
		fprintf(out, "%s%s is ", ntold++ > 0 ? ", " : "", told[k].name);
		put_change(out, f->shift.shift);
	}
	if (nsame > 0)
		fprintf(out, "%sno difference in ", ntold > 0 ? "; " : "");
	for (size_t k = 0; k < nsame; k++)
		fprintf(out, "%s%s",
			k == 0 ? "" : (k + 1 == nsame ? " and " : ", "),
			same[k]);
	fclose(out);
	return text;
}
