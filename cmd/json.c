/*
 * json: see json.h.  Bytes that are not ASCII are passed on: they are UTF-8,
 * or replaced one by one where they are not.
 */
#include "cmd/json.h"

#include <math.h>
#include <stddef.h>

enum { INDENT = 2 };

/* Length of the UTF-8 sequence that begins there, 0 if it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		n = 4;
	else
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void json_quote(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *s = text; *s != '\0';) {
		const unsigned char *byte = (const unsigned char *)s;
		const size_t n = utf8_length(byte);

		if (*byte == '"' || *byte == '\\')
			fprintf(out, "\\%c", *byte);
		else if (*byte < 0x20)
			fprintf(out, "\\u%04x", *byte);
		else if (n == 0)
			fputs("\\ufffd", out);
		else
			fwrite(s, 1, n, out);
		s += n > 0 ? n : 1;
	}
	fputc('"', out);
}

static void json_break(struct json *j)
{
	if (j->is_flat) {
		if (j->has_before)
			fputc(' ', j->out);
		return;
	}
	fprintf(j->out, "\n%*s", j->depth * INDENT, "");
}

/* What stands before a value. */
static void json_begin_value(struct json *j, const char *key)
{
	if (j->has_before)
		fputc(',', j->out);
	if (j->depth > 0)
		json_break(j);
	if (key != NULL) {
		json_quote(j->out, key);
		fputs(": ", j->out);
	}
	j->has_before = true;
}

static void json_open(struct json *j, const char *key, char bracket)
{
	json_begin_value(j, key);
	fputc(bracket, j->out);
	j->depth++;
	j->has_before = false;
}

static void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->has_before && !j->is_flat)
		json_break(j);
	fputc(bracket, j->out);
	j->has_before = true;
	if (j->depth == 0)
		fputc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
	json_open(j, key, '{');
}

void json_end_object(struct json *j)
{
	json_close(j, '}');
}

void json_array(struct json *j, const char *key, bool is_flat)
{
	json_open(j, key, '[');
	j->is_flat = is_flat;
}

void json_end_array(struct json *j)
{
	json_close(j, ']');
	j->is_flat = false;
}

void json_string(struct json *j, const char *key, const char *text)
{
	json_begin_value(j, key);
	json_quote(j->out, text);
}

void json_number(struct json *j, const char *key, double value)
{
	json_begin_value(j, key);
	if (!isfinite(value))
		fputs("null", j->out);
	else if (value == floor(value) && fabs(value) < 0x1p53)
		fprintf(j->out, "%.0f",
			value); /* sizes and counts: all of it */
	else
		fprintf(j->out, "%.10g", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	json_begin_value(j, key);
	fputs(value ? "true" : "false", j->out);
}
