/*
 * options: the parser of GOGC, GOMEMLIMIT, GODEBUG and GOALLOC.
 *
 * The X-tables of options.h become three arrays.  One has the variables that
 * hold one value; what GOALLOC_GOGC says is read after GOGC, over it.  One has
 * the keys of GOALLOC whose value is a text.  One has the other keys,
 * GODEBUG's rows first.  A variable with keys is cut at
 * its commas, each piece at its first "=", and the row of that key in the
 * variable's part of the array gets the value.
 *
 * GODEBUG belongs to Go programs too, so a key that is not in the table is
 * passed over there.  In GOALLOC it is a mistake, and the user hears of it:
 * one line, then the rest is read as if the piece were not there.
 *
 * Locking:    none; runs once, in the library's constructor.
 * Context:    early: no libc function is called.
 */
#include "core/options.h"

#include <stdbool.h>

#include "core/fatal.h"
#include "core/text.h"

struct options options = {
#define OPTION_DEFAULT(name, fallback, min, max, words, help) .name = fallback,
	FOR_EACH_GODEBUG_OPTION(OPTION_DEFAULT)
		FOR_EACH_GOALLOC_OPTION(OPTION_DEFAULT)
#undef OPTION_DEFAULT
#define VARIABLE_DEFAULT(name, field, fallback, is_size, help)                 \
	.field = fallback,
			FOR_EACH_VARIABLE_OPTION(VARIABLE_DEFAULT)
#undef VARIABLE_DEFAULT
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
	LIST_SIZE = 300, /* bytes of a list of keys or words in a message */
	VALUE_SIZE = QUOTE_SIZE, /* the same for a value */
};

/* A variable with one value. */
struct variable {
	const char *name;     /* Go's */
	const char *own_name; /* wins over it */
	int64_t *value;       /* where the value lives */
	int64_t off;          /* what "off" stands for; the default */
	bool is_size;         /* in bytes; else a percentage */
	const char *help;     /* what it does */
};

static const struct variable variable_table[] = {
#define VARIABLE_ROW(name, field, fallback, is_size, help)                     \
	{#name, "GOALLOC_" #name, &options.field, fallback, is_size, help},
	FOR_EACH_VARIABLE_OPTION(VARIABLE_ROW)
#undef VARIABLE_ROW
};

enum { NVARIABLES = sizeof variable_table / sizeof variable_table[0] };

/* A key of GOALLOC with a text. */
struct text_option {
	const char *name;   /* the key */
	char *value;        /* where the text lives, OPTION_TEXT_MAX bytes */
	const char *values; /* what it is, in a word */
	const char *help;   /* what it does */
};

static const struct text_option text_table[] = {
#define TEXT_ROW(name, values, help) {#name, options.name, values, help},
	FOR_EACH_TEXT_OPTION(TEXT_ROW)
#undef TEXT_ROW
};

enum { NTEXTS = sizeof text_table / sizeof text_table[0] };

/* A variable with keys, and its part of the table. */
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

/* The user's text for a message: cut, and nothing that a terminal obeys. */
static const char *text_quote(char buf[QUOTE_SIZE], struct text t)
{
	size_t n = 0;

	for (; n < t.len && n < QUOTE_SIZE - 1; n++)
		buf[n] = t.at[n] >= ' ' && t.at[n] <= '~' ? t.at[n] : '?';
	buf[n] = '\0';
	return buf;
}

/* Suffixes of a size; each stands for 1,024 times the one before. */
static const char *const size_suffixes[] = {"B", "KiB", "MiB", "GiB", "TiB"};

enum { NSUFFIXES = sizeof size_suffixes / sizeof size_suffixes[0] };

/* Whether t is a number and then the suffix; *number is the number. */
static bool text_has_suffix(
	struct text t, const char *suffix, struct text *number)
{
	struct text s = text_of(suffix);

	*number = t;
	if (t.len <= s.len)
		return false;
	number->len -= s.len;
	const struct text tail = {t.at + number->len, s.len};
	const char last = t.at[number->len - 1];
	return text_equal(tail, s) && last >= '0' && last <= '9';
}

/* The bytes that t spells; -1 if it is no size or 2^63 and more. */
static int64_t text_size(struct text t)
{
	struct text number;

	for (int i = 0; i < NSUFFIXES; i++)
		if (text_has_suffix(t, size_suffixes[i], &number)) {
			int64_t n = text_number(number, INT64_MAX >> (10 * i));
			return n < 0 ? -1 : n << (10 * i);
		}
	return text_number(t, INT64_MAX);
}

/* The value that t stands for, or -1. */
static int option_parse_value(const struct option *o, struct text t)
{
	struct text words = text_of(o->words);

	if (words.len == 0) {
		int64_t n = text_number(t, o->max);
		return n >= o->min ? (int)n : -1;
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
	for (int i = 0; i < NTEXTS && !set->shared; i++)
		len += format(keys + len, sizeof keys - len, ", %s",
			text_table[i].name);
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

/* Whether key is one with a text; its value is then set. */
static bool text_option_read(struct text key, struct text value)
{
	char quote[QUOTE_SIZE];

	for (int i = 0; i < NTEXTS; i++) {
		const struct text_option *o = &text_table[i];
		if (!text_equal(key, text_of(o->name)))
			continue;
		if (value.len >= OPTION_TEXT_MAX) {
			say("GOALLOC: bad value \"%s\" for %s; it takes less "
			    "than %d bytes",
				text_quote(quote, value), o->name,
				OPTION_TEXT_MAX);
			return true;
		}
		for (size_t n = 0; n < value.len; n++)
			o->value[n] = value.at[n];
		o->value[value.len] = '\0';
		return true;
	}
	return false;
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
	if (!set->shared && !text_option_read(key, value))
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

/* What variable v may be set to. */
static const char *variable_range(const struct variable *v)
{
	return v->is_size ? "off|auto|bytes" : "off|1 to 2147483647";
}

/* The value that t stands for, in *value; false: it stands for none. */
static bool variable_parse(
	const struct variable *v, struct text t, int64_t *value)
{
	int64_t n = -1;

	if (text_equal(t, text_of("off")))
		*value = v->off;
	else if (v->is_size && text_equal(t, text_of("auto")))
		*value = GOMEMLIMIT_AUTO;
	else if (v->is_size && (n = text_size(t)) >= 0)
		*value = n;
	else if (!v->is_size && (n = text_number(t, INT_MAX)) > 0)
		*value = n;
	else
		return false;
	return true;
}

/* A value as the user would write it, in the largest unit that is exact. */
static const char *variable_format(
	char buf[VALUE_SIZE], const struct variable *v, int64_t value)
{
	int unit = 0;

	if (value == v->off)
		return "off";
	if (!v->is_size) {
		format(buf, VALUE_SIZE, "%ld", (long)value);
		return buf;
	}
	if (value == GOMEMLIMIT_AUTO)
		return "auto";
	for (; unit + 1 < NSUFFIXES && value != 0 && value % 1024 == 0; unit++)
		value /= 1024;
	format(buf, VALUE_SIZE, "%ld%s", (long)value, size_suffixes[unit]);
	return buf;
}

/* An empty variable is none, as in Go. */
static void variable_read(
	const struct variable *v, const char *name, char *const *envp)
{
	char quote[QUOTE_SIZE], value[VALUE_SIZE];
	const char *text = options_getenv(envp, name);

	if (text == NULL || *text == '\0' ||
		variable_parse(v, text_of(text), v->value))
		return;
	say("%s: bad value \"%s\"; it takes %s, using %s", name,
		text_quote(quote, text_of(text)), variable_range(v),
		variable_format(value, v, *v->value));
}

void options_read(char *const *envp)
{
	for (int i = 0; i < NVARIABLES; i++) {
		const struct variable *v = &variable_table[i];
		variable_read(v, v->name, envp);
		variable_read(v, v->own_name, envp);
	}
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

	for (int i = 0; i < NVARIABLES; i++) {
		const struct variable *v = &variable_table[i];
		len += format(buf + len, size - len, "%s=%s ", v->name,
			variable_format(value, v, *v->value));
	}
	for (int i = 0; i < NOPTIONS; i++) {
		const struct option *o = &option_table[i];
		len += format(buf + len, size - len, "%s%s=%s",
			i > 0 ? " " : "", o->name,
			option_format_value(value, o, *o->value));
	}
	for (int i = 0; i < NTEXTS; i++)
		len += format(buf + len, size - len, " %s=%s",
			text_table[i].name, text_table[i].value);
	return len;
}

static const char *option_variable(const struct option *o)
{
	return o < option_table + NGODEBUG ? "GODEBUG" : "GOALLOC";
}

void options_print(void)
{
	char value[VALUE_SIZE], fallback[VALUE_SIZE];

	for (int i = 0; i < NVARIABLES; i++) {
		const struct variable *v = &variable_table[i];
		say("%s=%s (default off)", v->name,
			variable_format(value, v, *v->value));
	}
	for (const struct option *o = option_table; o < option_table + NOPTIONS;
		o++)
		say("%s %s=%s (default %s)", option_variable(o), o->name,
			option_format_value(value, o, *o->value),
			option_format_value(fallback, o, o->fallback));
	for (int i = 0; i < NTEXTS; i++)
		say("GOALLOC %s=%s (default none)", text_table[i].name,
			text_table[i].value);
}

void options_help(void)
{
	char range[LIST_SIZE], fallback[VALUE_SIZE];

	for (int i = 0; i < NVARIABLES; i++) {
		const struct variable *v = &variable_table[i];
		say("%s=<%s> (default off): %s", v->name, variable_range(v),
			v->help);
	}
	for (const struct option *o = option_table; o < option_table + NOPTIONS;
		o++)
		say("%s=%s=<%s> (default %s): %s", option_variable(o), o->name,
			option_format_range(range, o),
			option_format_value(fallback, o, o->fallback), o->help);
	for (int i = 0; i < NTEXTS; i++)
		say("GOALLOC=%s=<%s> (default none): %s", text_table[i].name,
			text_table[i].values, text_table[i].help);
}
