/*
 * html: see html.h.  Bytes that are not UTF-8 come from a program's own
 * strings; they are passed on and shown as the browser likes.
 */
#include "cmd/html.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cmd/say.h"

void html_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: fputc(*text, out);
		}
	}
}

void html_format(FILE *out, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	const int length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		die(STATUS_FAILED, "no memory");
	html_text(out, text);
	free(text);
}

void html_section(
	FILE *out, const char *id, const char *title, const char *lead)
{
	fprintf(out,
		"\n<section id=\"%s\" aria-labelledby=\"%s-title\">"
		"<div class=\"side\"><h2 id=\"%s-title\">%s</h2>"
		"<p>%s</p></div><div class=\"body\">\n",
		id, id, id, title, lead);
}

void html_end_section(FILE *out)
{
	fputs("</div></section>\n", out);
}
