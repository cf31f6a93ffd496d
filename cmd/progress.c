/*
 * progress: see progress.h.
 *
 * Context:    one thread.
 */
#include "cmd/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void progress_begin(struct progress *p)
{
	*p = (struct progress){.is_terminal = isatty(STDERR_FILENO) == 1};
}

void progress_show(struct progress *p, double left, const char *fmt, ...)
{
	char text[sizeof p->last];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (p->is_terminal) {
		fprintf(stderr, "\r\033[K%.60s", text);
		if (!isnan(left) && left >= 0)
			fprintf(stderr, ", %.0f s left", left);
		p->is_open = true;
	} else if (strcmp(text, p->last) != 0) {
		fprintf(stderr, "%s\n", text);
	}
	memcpy(p->last, text, sizeof text);
	fflush(stderr);
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	va_list args;

	progress_end(p);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void progress_end(struct progress *p)
{
	if (p->is_open)
		fprintf(stderr, "\r\033[K");
	p->is_open = false;
	fflush(stderr);
}
