/*
 * html: text in a page.
 */
#ifndef CMD_HTML_H
#define CMD_HTML_H

#include <stdio.h>

/* Text, with what HTML would read as markup escaped; for attributes too. */
void html_text(FILE *out, const char *text);

/* The same, formatted first. */
void html_format(FILE *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A section's beginning: its anchor, title, and what it shows in a line. */
void html_section(
	FILE *out, const char *id, const char *title, const char *lead);

/* Its end. */
void html_end_section(FILE *out);

#endif
