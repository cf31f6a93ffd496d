/*
 * say: messages, and memory that is there or ends the command.
 *
 * Context:    one thread.
 */
#include "cmd/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *say_verb = "";

void say_set_verb(const char *verb)
{
	say_verb = verb;
}

static void say_line(const char *fmt, va_list args)
{
	fflush(stdout); /* what was found comes before what went wrong */
	fprintf(stderr, "goalloc%s%s: ", *say_verb != '\0' ? " " : "",
		say_verb);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_line(fmt, args);
	va_end(args);
}

void die(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_line(fmt, args);
	va_end(args);
	exit(status);
}

void die_usage(const char *fmt, ...)
{
	va_list args;
	char text[512];

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	die(STATUS_USAGE, "%s; see goalloc %s%s--help", text, say_verb,
		*say_verb != '\0' ? " " : "");
}

void *must_calloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		die(STATUS_FAILED, "no memory for %zu bytes", n * size);
	return p;
}

void *must_grow(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	size_t room = *cap < 16 ? 16 : *cap * 2;
	void *p = reallocarray(array, room, size);
	if (p == NULL)
		die(STATUS_FAILED, "no memory for %zu bytes", room * size);
	*cap = room;
	return p;
}

char *must_format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		die(STATUS_FAILED, "no memory for a line of text");
	return text;
}

char *must_copy(const char *s)
{
	return must_format("%s", s);
}
