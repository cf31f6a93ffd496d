/*
 * heapprof_folded: folded stacks, outermost function first.
 *
 *	main;work;make_table 123456
 *	main;work;make_table 123456 234567      before and after
 *
 * One line per stack of functions, whatever the addresses and sizes; what
 * inlining has merged is taken apart.  Allocation functions are left out:
 * each stack ends with the call site.
 *
 * Context:    one thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/heapprof.h"
#include "cmd/heapprof_parse.h"
#include "cmd/say.h"

/* A string that grows. */
struct text {
	char *at;
	size_t n;
	size_t cap;
};

static void text_add(struct text *t, const char *word)
{
	if (t->n > 0)
		t->at[t->n++] = ';';
	for (; *word != '\0'; word++) {
		while (t->cap < t->n + 3)
			t->at = must_grow(t->at, t->cap, &t->cap, 1);
		t->at[t->n++] = *word == ';' || *word == '\n' ? ':' : *word;
	}
}

/* A stack as text, without its 0. */
static void fold(
	struct text *t, struct heapprof *p, const struct heapprof_sample *s)
{
	size_t skip = heapprof_nallocators(p, s);

	t->n = 0;
	while (t->cap < 2)
		t->at = must_grow(t->at, t->cap, &t->cap, 1);
	for (uint32_t i = s->nstack; i > skip; i--) {
		const struct heapprof_location *l =
			&p->locations[s->stack[i - 1]];
		for (uint32_t k = l->nlines; k > 0; k--)
			text_add(t, l->lines[k - 1].function);
		if (l->nlines == 0)
			text_add(t, heapprof_name(p, s->stack[i - 1]));
	}
	if (t->n == 0)
		text_add(t, "(unknown)");
}

/* The line of a stack, with its value in one profile or in two. */
struct line {
	const char *text;
	int64_t values[2];
};

/* All lines. */
struct folded {
	struct intern stacks; /* number: place in lines */
	struct line *lines;
	size_t n;
	size_t cap;
};

static int by_text(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Adds a profile's values to those of column 0 or 1. */
static void folded_add(struct folded *f, struct heapprof *p,
	enum heapprof_value value, int column)
{
	struct text t = {0};

	for (size_t i = 0; i < p->nsamples; i++) {
		fold(&t, p, &p->samples[i]);
		struct intern_entry *e = intern(&f->stacks, t.at, t.n);
		if (e->number == UINT64_MAX) {
			f->lines = must_grow(
				f->lines, f->n, &f->cap, sizeof *f->lines);
			f->lines[f->n] = (struct line){e->bytes, {0, 0}};
			e->number = f->n++;
		}
		f->lines[e->number].values[column] +=
			p->samples[i].values[value];
	}
	free(t.at);
}

static bool folded_write(struct folded *f, int ncolumns, FILE *out)
{
	if (f->n > 0)
		qsort(f->lines, f->n, sizeof *f->lines, by_text);
	for (size_t i = 0; i < f->n; i++) {
		const struct line *l = &f->lines[i];
		if (l->values[0] == 0 && l->values[1] == 0)
			continue;
		fprintf(out, "%s %" PRId64, l->text, l->values[0]);
		if (ncolumns == 2)
			fprintf(out, " %" PRId64, l->values[1]);
		fputc('\n', out);
	}
	free(f->lines);
	intern_free(&f->stacks);
	return ferror(out) == 0;
}

bool heapprof_write_folded(
	struct heapprof *p, enum heapprof_value value, FILE *out)
{
	struct folded f = {0};

	folded_add(&f, p, value, 0);
	return folded_write(&f, 1, out);
}

bool heapprof_write_folded_pair(struct heapprof *before, struct heapprof *after,
	enum heapprof_value value, FILE *out)
{
	struct folded f = {0};

	folded_add(&f, before, value, 0);
	folded_add(&f, after, value, 1);
	return folded_write(&f, 2, out);
}

/* One line; false: it has no number at its end. */
static bool read_line(struct heapprof *p, char *line)
{
	int64_t values[HEAPPROF_NVALUES] = {0};
	char *space = strrchr(line, ' '), *end;
	uint32_t *stack = NULL;
	size_t n = 0, cap = 0;

	if (space == NULL)
		return false;
	values[INUSE_SPACE] = strtoll(space + 1, &end, 10);
	if (end == space + 1 || *end != '\0')
		return false;
	*space = '\0';
	for (char *name = line; name != NULL; n++) {
		char *next = strchr(name, ';');
		if (next != NULL)
			*next++ = '\0';
		stack = must_grow(stack, n, &cap, sizeof *stack);
		stack[n] = heapprof_location(p, 0, name);
		name = next;
	}
	for (size_t i = 0; i < n / 2; i++) { /* innermost first */
		uint32_t other = stack[i];
		stack[i] = stack[n - 1 - i];
		stack[n - 1 - i] = other;
	}
	heapprof_add(p, stack, n, 0, values);
	free(stack);
	return true;
}

const char *heapprof_parse_folded(
	struct heapprof *p, const char *bytes, size_t size)
{
	const char *end = bytes + size;

	for (const char *at = bytes; at < end; at += strcspn(at, "\n") + 1) {
		char *line = must_format("%.*s", (int)strcspn(at, "\n"), at);
		bool good = *line == '\0' || read_line(p, line);
		free(line);
		if (!good)
			return "it is a text, but neither gperftools' nor "
			       "folded stacks";
	}
	return NULL;
}
