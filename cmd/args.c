/*
 * args: see args.h.
 *
 * Context:    one thread.
 */
#include "cmd/args.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

enum { HELP_COLUMN = 26 /* where an option's text begins */ };

void args_print_help(const struct arg_help *help)
{
	printf("usage: goalloc %s\n\n%s\n", help->usage, help->text);
	if (help->options != NULL && help->options[0].name != NULL)
		printf("\n");
	for (const struct arg_option *o = help->options;
		o != NULL && o->name != NULL; o++) {
		char left[64], letter[8] = "    ";

		if (o->letter != 0)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name,
			o->value != NULL ? " " : "",
			o->value != NULL ? o->value : "");
		if (strlen(left) >= HELP_COLUMN)
			printf("%s\n%*s%s\n", left, HELP_COLUMN, "", o->help);
		else
			printf("%-*s%s\n", HELP_COLUMN, left, o->help);
	}
}

static void args_help_and_exit(const struct args *a)
{
	args_print_help(a->help);
	exit(fflush(stdout) == 0 ? STATUS_OK : STATUS_FAILED);
}

/* The value of an option: what stands behind it, or the next word. */
static void args_take_value(
	struct args *a, const struct arg_option *o, const char *attached)
{
	a->value = attached;
	if (o->value == NULL || attached != NULL)
		return;
	if (a->at >= a->argc)
		die_usage("--%s needs a value, %s", o->name, o->value);
	a->value = a->argv[a->at++];
}

static int args_long(struct args *a, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);

	for (int i = 0; a->help->options[i].name != NULL; i++) {
		const struct arg_option *o = &a->help->options[i];
		if (strlen(o->name) != len || strncmp(o->name, word, len) != 0)
			continue;
		if (o->value == NULL && equals != NULL)
			die_usage("--%s takes no value, not \"%s\"", o->name,
				equals + 1);
		args_take_value(a, o, equals != NULL ? equals + 1 : NULL);
		return i;
	}
	if (strcmp(word, "help") == 0)
		args_help_and_exit(a);
	die_usage("unknown option --%.*s", (int)len, word);
}

static int args_short(struct args *a, const char *word)
{
	for (int i = 0; a->help->options[i].name != NULL; i++) {
		const struct arg_option *o = &a->help->options[i];
		if (o->letter == 0 || o->letter != word[0])
			continue;
		if (o->value == NULL && word[1] != '\0')
			die_usage("-%c takes no value, not \"%s\"", word[0],
				word + 1);
		args_take_value(a, o, word[1] != '\0' ? word + 1 : NULL);
		return i;
	}
	if (strcmp(word, "h") == 0)
		args_help_and_exit(a);
	die_usage("unknown option -%s", word);
}

/* What is left: the words passed over, then the rest. */
static int args_end(struct args *a)
{
	if (!a->mixed)
		return ARGS_END;
	while (a->at < a->argc)
		a->argv[1 + a->nwords++] = a->argv[a->at++];
	a->at = 1;
	a->argc = 1 + a->nwords;
	return ARGS_END;
}

int args_next(struct args *a)
{
	if (a->at == 0)
		a->at = 1;
	for (; a->at < a->argc; a->argv[1 + a->nwords++] = a->argv[a->at++]) {
		const char *word = a->argv[a->at];
		if (word[0] == '-' && word[1] != '\0') {
			a->at++;
			if (strcmp(word, "--") == 0)
				break;
			return word[1] == '-' ? args_long(a, word + 2)
					      : args_short(a, word + 1);
		}
		if (!a->mixed)
			break;
	}
	return args_end(a);
}

void args_expect(const struct args *a, int nwords, const char *what)
{
	if (a->argc - a->at < nwords)
		die_usage("%s is missing", what);
	if (a->argc - a->at > nwords)
		die_usage("\"%s\" is too much: one %s is meant",
			a->argv[a->at + nwords], what);
}

bool args_try_size(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = {{"", 0}, {"B", 0}, {"K", 10}, {"KiB", 10}, {"M", 20},
		{"MiB", 20}, {"G", 30}, {"GiB", 30}, {"T", 40}, {"TiB", 40}};
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	uint64_t n = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		*bytes = n << units[i].shift;
		return *bytes >> units[i].shift == n;
	}
	return false;
}

uint64_t args_number(
	const char *text, const char *what, uint64_t min, uint64_t max)
{
	char *end = NULL;

	errno = 0;
	uint64_t n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		n < min || n > max)
		die_usage("bad %s \"%s\": it is a number from %lu to %lu", what,
			text, min, max);
	return n;
}

double args_seconds(const char *text, const char *what)
{
	char *end = NULL;
	double s = strtod(text, &end);

	if (end == text || *end != '\0' || !(s >= 0.01 && s <= 1e6))
		die_usage("bad %s \"%s\": it is seconds, 0.01 or more", what,
			text);
	return s;
}

pid_t args_pid(const char *text)
{
	pid_t pid = (pid_t)args_number(text, "process number", 1, INT32_MAX);

	if (kill(pid, 0) != 0 && errno == ESRCH)
		die(STATUS_FAILED, "there is no process %d", (int)pid);
	return pid;
}
