/*
 * fatal: formatting and the two ways to print.
 *
 * A message is built in a buffer on the stack and leaves in one write(2), so
 * that lines of several threads do not mix.  Death is abort(), which runs the
 * program's SIGABRT handler and leaves a core with the caller on the stack.
 *
 * Locking:    none.  Context: any.
 * Assumes:    abort() does not allocate (glibc does not).
 */
#include "core/fatal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/syscall.h"

/* Output with a fixed end: what does not fit is dropped. */
struct text {
	char *at;  /* where the next byte goes */
	char *end; /* one past the last byte that may be written */
};

static void text_put(struct text *t, char c)
{
	if (t->at < t->end)
		*t->at++ = c;
}

static void text_put_string(struct text *t, const char *s)
{
	for (s = s != NULL ? s : "(null)"; *s != '\0'; s++)
		text_put(t, *s);
}

static void text_put_number(struct text *t, uint64_t n, unsigned base)
{
	char digits[20];
	unsigned len = 0;

	do {
		digits[len++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n != 0);
	while (len > 0)
		text_put(t, digits[--len]);
}

/* One conversion: its letter and the modifiers before it. */
struct conversion {
	bool prefix;    /* # */
	unsigned longs; /* z counts as l */
	char letter;    /* 0 at the end of the format */
};

static const char *conversion_parse(const char *f, struct conversion *c)
{
	*c = (struct conversion){0};
	for (;; f++) {
		if (*f == '#')
			c->prefix = true;
		else if (*f == 'l' || *f == 'z')
			c->longs++;
		else
			break;
	}
	c->letter = *f;
	return *f != '\0' ? f + 1 : f;
}

static void text_put_signed(struct text *t, int64_t n)
{
	if (n < 0)
		text_put(t, '-');
	text_put_number(t, n < 0 ? -(uint64_t)n : (uint64_t)n, 10);
}

static void text_put_conversion(
	struct text *t, const struct conversion *c, va_list *args)
{
	if (c->letter == 's') {
		text_put_string(t, va_arg(*args, const char *));
	} else if (c->letter == 'c') {
		text_put(t, (char)va_arg(*args, int));
	} else if (c->letter == 'd') {
		text_put_signed(
			t, c->longs ? va_arg(*args, long) : va_arg(*args, int));
	} else if (c->letter == 'u' || c->letter == 'x') {
		if (c->prefix)
			text_put_string(t, "0x");
		text_put_number(t,
			c->longs ? va_arg(*args, unsigned long)
				 : va_arg(*args, unsigned),
			c->letter == 'u' ? 10 : 16);
	} else if (c->letter == 'p') {
		text_put_string(t, "0x");
		text_put_number(t, (uintptr_t)va_arg(*args, void *), 16);
	} else {
		text_put(t, c->letter != '\0' ? c->letter : '%');
	}
}

static void text_put_format(struct text *t, const char *f, va_list *args)
{
	while (*f != '\0') {
		char c = *f++;
		if (c != '%') {
			text_put(t, c);
			continue;
		}
		struct conversion conv;
		f = conversion_parse(f, &conv);
		text_put_conversion(t, &conv, args);
	}
}

static void line_write(const char *fmt, va_list *args)
{
	char line[FATAL_LINE_MAX];
	struct text t = {line, line + sizeof line - 1};

	text_put_string(&t, "goalloc: ");
	text_put_format(&t, fmt, args);
	*t.at++ = '\n';
	syscall3(SYS_write, STDERR_FILENO, line, t.at - line);
}

size_t format_args(char *buf, size_t size, const char *fmt, va_list *args)
{
	struct text t = {buf, buf + size - 1};

	text_put_format(&t, fmt, args);
	*t.at = '\0';
	return (size_t)(t.at - buf);
}

size_t format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	size_t len = format_args(buf, size, fmt, &args);
	va_end(args);
	return len;
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line_write(fmt, &args);
	va_end(args);
}

void fatal(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line_write(fmt, &args);
	va_end(args);
	abort();
}
