/*
 * text: a piece of a string, where it lies; for parsers that copy nothing.
 *
 * Everything is inline and free of state; a piece need not end with 0.
 *
 * Context: any.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	const char *at; /* first byte */
	size_t len;     /* bytes */
};

/* The whole of s, which ends with 0. */
static inline struct text text_of(const char *s)
{
	struct text t = {s, 0};

	while (s[t.len] != '\0')
		t.len++;
	return t;
}

/* Whether t begins with s. */
static inline bool text_starts_with(struct text t, struct text s)
{
	size_t i = 0;

	while (i < t.len && i < s.len && t.at[i] == s.at[i])
		i++;
	return i == s.len;
}

/* Whether both have the same bytes. */
static inline bool text_equal(struct text a, struct text b)
{
	return a.len == b.len && text_starts_with(a, b);
}

/* The piece of *rest before the first `separator`; *rest becomes the rest. */
static inline struct text text_cut(struct text *rest, char separator)
{
	struct text piece = {rest->at, 0};

	while (piece.len < rest->len && piece.at[piece.len] != separator)
		piece.len++;
	size_t used = piece.len + (piece.len < rest->len);
	rest->at += used;
	rest->len -= used;
	return piece;
}

/* The number that t spells; -1 if it is greater than max, or no number. */
static inline int64_t text_number(struct text t, int64_t max)
{
	int64_t n = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return -1;
		int digit = t.at[i] - '0';
		if (digit > max || n > (max - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	return t.len > 0 ? n : -1;
}

#endif
