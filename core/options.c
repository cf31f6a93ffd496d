/*
 * options: the parser of GODEBUG, GOALLOC_GODEBUG and GOALLOC.
 *
 * The two X-tables of options.h become one array, GODEBUG's rows first.  A
 * variable is cut at its commas, each piece at its first "=", and the row of
 * that key in the variable's part of the array gets the value.
 *
 * GODEBUG belongs to Go programs too, so a key that is not in the table is
 * passed over there.  In GOALLOC it is a mistake, and the user hears of it:
 * one line, then the rest is read as if the piece were not there.
 *
 * Locking:    none; runs once, in the library's constructor.
 * Context:    early: no libc function is called.
 */
#include "core/options.h"

#include <limits.h>
#include <stdbool.h>

#include "core/fatal.h"

struct options options = {
#define OPTION_DEFAULT(name, fallback, min, max, words, help) .name = fallback,
	FOR_EACH_GODEBUG_OPTION(OPTION_DEFAULT)
		FOR_EACH_GOALLOC_OPTION(OPTION_DEFAULT)
#undef OPTION_DEFAULT
};

/* One row of the table. */
struct option {
	const char *name;  /* the key */
	int *value;        /* where the value lives */
	int fallback;      /* the default */
	int min;           /* least value */
	int max;           /* greatest value */
	const char *words; /* names of the values, "a|b", or "" */
	const char *help;  /* what it does */
};

static const struct option option_table[] = {
#define OPTION_ROW(name, fallback, min, max, words, help)                      \
	{#name, &options.name, fallback, min, max, words, help},
	FOR_EACH_GODEBUG_OPTION(OPTION_ROW) FOR_EACH_GOALLOC_OPTION(OPTION_ROW)
#undef OPTION_ROW
};

enum {
#define OPTION_COUNT(name, fallback, min, max, words, help) +1
	NGODEBUG = FOR_EACH_GODEBUG_OPTION(OPTION_COUNT),
	NOPTIONS = NGODEBUG FOR_EACH_GOALLOC_OPTION(OPTION_COUNT),
#undef OPTION_COUNT
	QUOTE_SIZE = 40, /* bytes of the user's text in a message, with its 0 */
	LIST_SIZE = 200, /* bytes of a list of keys or words in a message */
	VALUE_SIZE = QUOTE_SIZE, /* the same for a value */
};

/* A variable and its part of the table. */
struct option_set {
	const char *variable;       /* its name */
	const struct option *first; /* its first row */
	const struct option *end;   /* one past its last */
	bool shared;                /* with Go: unknown keys are Go's */
};

static const struct option_set option_sets[] = {
	{"GODEBUG", option_table, option_table + NGODEBUG, true},
	{"GOALLOC_GODEBUG", option_table, option_table + NGODEBUG, true},
	{"GOALLOC", option_table + NGODEBUG, option_table + NOPTIONS, false},
};

/* A piece of a string. */
struct text {
	const char *at; /* first byte */
	size_t len;     /* bytes */
};

static struct text text_of(const char *s)
{
	struct text t = {s, 0};

	while (s[t.len] != '\0')
		t.len++;
	return t;
}

static bool text_equal(struct text a, struct text b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && a.at[i] == b.at[i])
		i++;
	return i == a.len && i == b.len;
}

/* The piece of *rest before the first `separator`; *rest becomes the rest. */
static struct text text_cut(struct text *rest, char separator)
{
	struct text piece = {rest->at, 0};

	while (piece.len < rest->len && piece.at[piece.len] != separator)
		piece.len++;
	size_t used = piece.len + (piece.len < rest->len);
	rest->at += used;
	rest->len -= used;
	return piece;
}

/* The user's text for a message: cut, and nothing that a terminal obeys. */
static const char *text_quote(char buf[QUOTE_SIZE], struct text t)
{
	size_t n = 0;

	for (; n < t.len && n < QUOTE_SIZE - 1; n++)
		buf[n] = t.at[n] >= ' ' && t.at[n] <= '~' ? t.at[n] : '?';
	buf[n] = '\0';
	return buf;
}

/* The number that t spells, INT_MAX if it is greater; -1 if t is no number. */
static int text_number(struct text t)
{
	int n = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return -1;
		int digit = t.at[i] - '0';
		n = n > (INT_MAX - digit) / 10 ? INT_MAX : n * 10 + digit;
	}
	return t.len > 0 ? n : -1;
}

/* The value that t stands for, or -1. */
static int option_parse_value(const struct option *o, struct text t)
{
	struct text words = text_of(o->words);

	if (words.len == 0) {
		int n = text_number(t);
		return n >= o->min && n <= o->max ? n : -1;
	}
	for (int n = o->min; words.len > 0; n++)
		if (text_equal(text_cut(&words, '|'), t))
			return n;
	return -1;
}

/* A value as the user would write it. */
static const char *option_format_value(
	char buf[VALUE_SIZE], const struct option *o, int value)
{
	struct text words = text_of(o->words);

	if (words.len == 0) {
		format(buf, VALUE_SIZE, "%d", value);
		return buf;
	}
	struct text word = text_cut(&words, '|');
	for (int n = o->min; n < value; n++)
		word = text_cut(&words, '|');
	return text_quote(buf, word);
}

/* What may be written, as in "0 to 1" or "free|alloc". */
static const char *option_format_range(
	char buf[LIST_SIZE], const struct option *o)
{
	if (o->words[0] != '\0')
		return o->words;
	format(buf, LIST_SIZE, "%d to %d", o->min, o->max);
	return buf;
}

static COLD void option_say_unknown(
	const struct option_set *set, struct text key)
{
	char quote[QUOTE_SIZE], keys[LIST_SIZE];
	size_t len = 0;

	for (const struct option *o = set->first; o < set->end; o++)
		len += format(keys + len, sizeof keys - len, "%s%s",
			o > set->first ? ", " : "", o->name);
	say("%s: unknown option \"%s\"; the options are %s", set->variable,
		text_quote(quote, key), keys);
}

static COLD void option_say_malformed(
	const struct option_set *set, const struct option *o, struct text value)
{
	char quote[QUOTE_SIZE], range[LIST_SIZE], fallback[VALUE_SIZE];

	say("%s: bad value \"%s\" for %s; it takes %s, using %s", set->variable,
		text_quote(quote, value), o->name,
		option_format_range(range, o),
		option_format_value(fallback, o, *o->value));
}

/* One "key=value". */
static void option_read(const struct option_set *set, struct text piece)
{
	const size_t len = piece.len;
	struct text key = text_cut(&piece, '=');
	struct text value = key.len < len ? piece : text_of("1");

	for (const struct option *o = set->first; o < set->end; o++) {
		if (!text_equal(key, text_of(o->name)))
			continue;
		int n = option_parse_value(o, value);
		if (n >= 0)
			*o->value = n;
		else
			option_say_malformed(set, o, value);
		return;
	}
	if (!set->shared)
		option_say_unknown(set, key);
}

const char *options_getenv(char *const *envp, const char *name)
{
	for (; envp != NULL && *envp != NULL; envp++) {
		struct text value = text_of(*envp);
		struct text key = text_cut(&value, '=');
		if (text_equal(key, text_of(name)))
			return value.at;
	}
	return NULL;
}

void options_read(char *const *envp)
{
	for (size_t i = 0; i < sizeof option_sets / sizeof option_sets[0];
		i++) {
		const struct option_set *set = &option_sets[i];
		const char *text = options_getenv(envp, set->variable);
		struct text rest = text_of(text != NULL ? text : "");
		while (rest.len > 0) {
			struct text piece = text_cut(&rest, ',');
			if (piece.len > 0)
				option_read(set, piece);
		}
	}
}

size_t options_format(char *buf, size_t size)
{
	char value[VALUE_SIZE];
	size_t len = 0;

	for (int i = 0; i < NOPTIONS; i++) {
		const struct option *o = &option_table[i];
		len += format(buf + len, size - len, "%s%s=%s",
			i > 0 ? " " : "", o->name,
			option_format_value(value, o, *o->value));
	}
	return len;
}

static const char *option_variable(const struct option *o)
{
	return o < option_table + NGODEBUG ? "GODEBUG" : "GOALLOC";
}

void options_print(void)
{
	char value[VALUE_SIZE], fallback[VALUE_SIZE];

	for (const struct option *o = option_table; o < option_table + NOPTIONS;
		o++)
		say("%s %s=%s (default %s)", option_variable(o), o->name,
			option_format_value(value, o, *o->value),
			option_format_value(fallback, o, o->fallback));
}

void options_help(void)
{
	char range[LIST_SIZE], fallback[VALUE_SIZE];

	for (const struct option *o = option_table; o < option_table + NOPTIONS;
		o++)
		say("%s=%s=<%s> (default %s): %s", option_variable(o), o->name,
			option_format_range(range, o),
			option_format_value(fallback, o, o->fallback), o->help);
}
