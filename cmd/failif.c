/*
 * failif: a scanner of words and a parser that follows the grammar in
 * failif.h line by line.
 *
 * "and" binds tighter than "or": a condition is a list of tests, and the
 * tests between two "or" must hold together.
 *
 * Chance: a difference is believed only if its interval leaves out 0.  Where
 * no difference at all would already meet the test ("rss>-5%", that is, less
 * than 5 % were saved) the estimate decides alone.
 */
#include "cmd/failif.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
	const char *at;  /* next character */
	const char *why; /* what is wrong there; NULL: nothing */
};

static void scan_space(struct scanner *s)
{
	while (isspace((unsigned char)*s->at))
		s->at++;
}

/* Takes word if it comes next. */
static bool scan_try(struct scanner *s, const char *word)
{
	const size_t length = strlen(word);

	scan_space(s);
	if (strncmp(s->at, word, length) != 0)
		return false;
	/* A word ends where its letters do: "or" is not in "order". */
	if (isalpha((unsigned char)word[0]) &&
		isalnum((unsigned char)s->at[length]))
		return false;
	s->at += length;
	return true;
}

static bool scan_metric(struct scanner *s, enum metric *metric)
{
	scan_space(s);
	size_t length = 0;
	while (isalnum((unsigned char)s->at[length]) || s->at[length] == '_')
		length++;
	*metric = metric_find(s->at, length);
	if (*metric == NMETRICS) {
		s->why = "a figure's name is wanted";
		return false;
	}
	s->at += length;
	return true;
}

static bool scan_relation(struct scanner *s, enum failif_relation *relation)
{
	static const struct {
		const char *word;
		enum failif_relation relation;
	} words[] = {
		{">=", FAILIF_AT_LEAST},
		{"<=", FAILIF_AT_MOST},
		{">", FAILIF_ABOVE},
		{"<", FAILIF_BELOW},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (scan_try(s, words[i].word)) {
			*relation = words[i].relation;
			return true;
		}
	s->why = "one of > >= < <= is wanted";
	return false;
}

static const struct limit_unit {
	const char *word;
	enum metric_unit unit;
	double factor;
} limit_units[] = {
	{"KiB", UNIT_BYTES, 0x1p10},
	{"MiB", UNIT_BYTES, 0x1p20},
	{"GiB", UNIT_BYTES, 0x1p30},
	{"B", UNIT_BYTES, 1},
	{"us", UNIT_SECONDS, 1e-6},
	{"ms", UNIT_SECONDS, 1e-3},
	{"s", UNIT_SECONDS, 1},
};

/* The unit after a number; counts have none, bytes and seconds need one. */
static bool scan_unit(struct scanner *s, struct failif_test *t)
{
	const enum metric_unit unit = metric_table[t->metric].unit;

	for (size_t i = 0; i < sizeof limit_units / sizeof *limit_units; i++)
		if (limit_units[i].unit == unit &&
			scan_try(s, limit_units[i].word)) {
			t->limit *= limit_units[i].factor;
			return true;
		}
	if (unit == UNIT_COUNT)
		return true;
	if (unit == UNIT_SHARE && scan_try(s, "%")) {
		t->limit /= 100;
		return true;
	}
	s->why = unit == UNIT_BYTES     ? "B, KiB, MiB, GiB, % or x is wanted"
		 : unit == UNIT_SECONDS ? "s, ms, us, % or x is wanted"
					: "% is wanted";
	return false;
}

static bool scan_limit(struct scanner *s, struct failif_test *t)
{
	scan_space(s);
	const bool is_signed = *s->at == '+' || *s->at == '-';
	char *end;
	t->limit = strtod(s->at, &end);
	if (end == s->at || !isfinite(t->limit)) {
		s->why = "a number is wanted";
		return false;
	}
	s->at = end;
	t->kind = is_signed ? FAILIF_DIFFERENCE : FAILIF_ABSOLUTE;
	if (!is_signed && scan_try(s, "x")) {
		t->kind = FAILIF_RELATIVE;
		t->limit -= 1;
		return true;
	}
	const bool is_share = metric_table[t->metric].unit == UNIT_SHARE;
	if ((is_signed || !is_share) && scan_try(s, "%")) {
		t->kind = FAILIF_RELATIVE;
		t->limit /= 100;
		if (!is_signed)
			s->why = "a sign is wanted before a percentage";
		return is_signed;
	}
	return scan_unit(s, t);
}

static bool scan_test(struct scanner *s, struct failif_test *t)
{
	return scan_metric(s, &t->metric) && scan_relation(s, &t->relation) &&
	       scan_limit(s, t);
}

bool failif_parse(struct failif *condition, const char *text,
	const char **error, const char **why)
{
	struct scanner s = {.at = text};
	bool is_alternative = false;

	*condition = (struct failif){.text = text};
	do {
		if (condition->ntests == FAILIF_MAX) {
			s.why = "no more tests are possible";
			break;
		}
		struct failif_test *t = &condition->tests[condition->ntests];
		t->is_alternative = is_alternative;
		if (!scan_test(&s, t))
			break;
		condition->ntests++;
		is_alternative = scan_try(&s, "or");
	} while (is_alternative || scan_try(&s, "and"));

	scan_space(&s);
	if (s.why == NULL && *s.at != '\0')
		s.why = "\"and\" or \"or\" is wanted";
	*error = s.at;
	*why = s.why;
	return s.why == NULL;
}

static bool relation_holds(enum failif_relation relation, double a, double b)
{
	switch (relation) {
	case FAILIF_ABOVE: return a > b;
	case FAILIF_AT_LEAST: return a >= b;
	case FAILIF_BELOW: return a < b;
	case FAILIF_AT_MOST: return a <= b;
	}
	return false;
}

static bool test_holds(
	const struct failif_test *t, const struct failif_figure *f)
{
	if (isnan(f->value))
		return false;
	if (t->kind == FAILIF_ABSOLUTE)
		return relation_holds(t->relation, f->value, t->limit);

	const double difference =
		t->kind == FAILIF_RELATIVE ? f->relative : f->difference;
	if (!relation_holds(t->relation, difference, t->limit))
		return false;
	return f->is_distinct || f->is_single ||
	       relation_holds(t->relation, 0, t->limit);
}

bool failif_holds(
	const struct failif *condition, const struct failif_figure *figures)
{
	bool holds = true;

	for (size_t i = 0; i < condition->ntests; i++) {
		const struct failif_test *t = &condition->tests[i];

		if (t->is_alternative) {
			if (holds)
				return true;
			holds = true;
		}
		holds = holds && test_holds(t, &figures[t->metric]);
	}
	return holds;
}
