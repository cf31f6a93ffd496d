/*
 * fatal: one way to die, one way to speak.
 *
 * Both write one line to stderr with write(2), format without malloc or
 * stdio, and take no lock, so they work from any context.
 *
 * Formats: %s %c %d %u %x %p, with z, l or ll for the integers; "%#x" adds
 * 0x; no width.  A line longer than FATAL_LINE_MAX is cut.
 */
#ifndef CORE_FATAL_H
#define CORE_FATAL_H

#include <stdarg.h>
#include <stddef.h>

#include "core/compiler.h"

enum { FATAL_LINE_MAX = 512 /* bytes in a line, the newline included */ };

/* Prints "goalloc: <message>" and aborts.  Never returns, never allocates. */
COLD _Noreturn void fatal(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* Prints "goalloc: <message>".  Keeps errno.  Context: any. */
COLD void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Writes the message and a final 0 into buf; returns its length, at most
 * size - 1.  Context: any.
 */
size_t format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the arguments in a list.  Context: any. */
size_t format_args(char *buf, size_t size, const char *fmt, va_list *args)
	__attribute__((format(printf, 3, 0)));

/* A condition that only a bug here or a wild store can break. */
#define check(cond)                                                            \
	do {                                                                   \
		if (unlikely(!(cond)))                                         \
			fatal("%s: check failed: %s", __func__, #cond);        \
	} while (0)

/* The same where it costs too much for every build. */
#define dcheck(cond)                                                           \
	do {                                                                   \
		if (CHECK_LEVEL >= 1)                                          \
			check(cond);                                           \
	} while (0)

#endif
