/*
 * heapprof_legacy_read: from the texts of gperftools, Go and jemalloc.
 *
 *	heap profile: N: BYTES [N: BYTES] @ KIND
 *	     N: BYTES [N: BYTES] @ 0xPC 0xPC ...
 *	MAPPED_LIBRARIES:                  /proc/PID/maps behind it
 *
 * and, jemalloc's:
 *
 *	heap_v2/RATE
 *	@ 0xPC 0xPC ...
 *	  t*: N: BYTES [N: BYTES]
 *
 * KIND says how values were sampled: heapprofile, not at all, or scaled up
 * already; heap_v2/R, heapz_v2/R: by R bytes on average; heap/R: by half of
 * that.  A row of n objects with b bytes then stands for n and b times
 * 1 / (1 - exp(-(b/n) / R)).
 *
 * PCs are return addresses: the call is a byte before.
 *
 * Context:    one thread.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/heapprof.h"
#include "cmd/heapprof_parse.h"
#include "cmd/procmaps.h"
#include "cmd/say.h"

#define VALUE_MAX 1e18 /* of a value that is scaled up */

struct legacy {
	struct heapprof *p;
	uint64_t rate;   /* 0 or 1: values are real magnitudes */
	uint32_t *stack; /* of the row at hand */
	size_t nstack;
	size_t stack_cap;
	size_t nrows; /* so far */
};

/* Takes the mappings first: locations refer to them. */
static void take_maps(struct heapprof *p, const char *text)
{
	struct mapping m;

	for (; *text != '\0'; text += strcspn(text, "\n")) {
		text += *text == '\n';
		char *line =
			must_format("%.*s", (int)strcspn(text, "\n"), text);
		if (procmaps_parse_line(&m, line)) {
			struct heapprof_mapping to = {m.start, m.end, m.offset,
				heapprof_string(p, m.path),
				heapprof_string(p, "")};
			if (strchr(m.prot, 'x') != NULL)
				heapprof_add_mapping(p, &to);
			free(m.path);
		}
		free(line);
	}
}

static const char *find_maps(const char *bytes)
{
	const char *maps = strstr(bytes, "\nMAPPED_LIBRARIES:");

	if (maps == NULL)
		maps = strstr(bytes, "\n--- Memory map:");
	return maps != NULL ? maps + 1 : bytes + strlen(bytes);
}

/* "N: BYTES [N: BYTES]"; false: it is something else. */
static bool take_values(
	const char *line, int64_t values[HEAPPROF_NVALUES], int *used)
{
	*used = 0;
	return sscanf(line,
		       " %" SCNd64 ": %" SCNd64 " [ %" SCNd64 ": %" SCNd64
		       " ] %n",
		       &values[INUSE_OBJECTS], &values[INUSE_SPACE],
		       &values[ALLOC_OBJECTS], &values[ALLOC_SPACE],
		       used) == 4 &&
	       *used > 0;
}

/* The PCs up to the end of the line. */
static void take_stack(struct legacy *l, const char *at)
{
	l->nstack = 0;
	for (char *end; *at != '\0' && *at != '\n'; at = end) {
		uint64_t pc = strtoull(at, &end, 16);
		if (end == at)
			break;
		l->stack = must_grow(
			l->stack, l->nstack, &l->stack_cap, sizeof *l->stack);
		l->stack[l->nstack++] =
			heapprof_location(l->p, pc > 0 ? pc - 1 : 0, NULL);
	}
}

static void scale(int64_t *objects, int64_t *space, uint64_t rate)
{
	if (rate <= 1 || *objects <= 0 || *space <= 0)
		return;
	double mean = (double)*space / (double)*objects;
	double factor = 1 / -expm1(-mean / (double)rate);
	*objects = llround(fmin((double)*objects * factor, VALUE_MAX));
	*space = llround(fmin((double)*space * factor, VALUE_MAX));
}

static void add_row(struct legacy *l, int64_t values[HEAPPROF_NVALUES])
{
	int64_t n = values[ALLOC_OBJECTS], b = values[ALLOC_SPACE];

	if (n <= 0 || b <= 0)
		n = values[INUSE_OBJECTS], b = values[INUSE_SPACE];
	scale(&values[INUSE_OBJECTS], &values[INUSE_SPACE], l->rate);
	scale(&values[ALLOC_OBJECTS], &values[ALLOC_SPACE], l->rate);
	if (!l->p->has_alloc)
		values[ALLOC_OBJECTS] = values[ALLOC_SPACE] = 0;
	heapprof_add(l->p, l->stack, l->nstack, n > 0 ? b / n : 0, values);
	l->nrows++;
}

/* What stands behind the header's "@". */
static const char *take_kind(struct legacy *l, const char *kind)
{
	const char *slash = strchr(kind, '/');
	size_t len = strcspn(kind, "/ \n");
	uint64_t rate = slash != NULL && slash < kind + strcspn(kind, "\n")
				? strtoull(slash + 1, NULL, 10)
				: 0;

	if (len == 11 && strncmp(kind, "heapprofile", 11) == 0)
		rate = 0;
	else if (len == 4 && strncmp(kind, "heap", 4) == 0)
		rate /= 2;
	else if (!(len == 7 && strncmp(kind, "heap_v2", 7) == 0) &&
		 !(len == 8 && strncmp(kind, "heapz_v2", 8) == 0))
		return "its header names an unknown kind";
	l->rate = rate;
	l->p->period = rate > 0 ? (int64_t)rate : 1;
	return NULL;
}

static const char *take_header(struct legacy *l, const char *line)
{
	int64_t v[HEAPPROF_NVALUES];
	int used;

	if (!take_values(line + strlen("heap profile:"), v, &used))
		return "its header has no four numbers";
	line += strlen("heap profile:") + (size_t)used;
	if (*line != '@')
		return "its header has no @";
	l->p->has_alloc =
		(v[ALLOC_OBJECTS] != v[INUSE_OBJECTS] &&
			v[ALLOC_OBJECTS] != 0) ||
		(v[ALLOC_SPACE] != v[INUSE_SPACE] && v[ALLOC_SPACE] != 0);
	return take_kind(l, line + 1 + strspn(line + 1, " "));
}

/* One line below the header; NULL: it was understood, or is a comment. */
static const char *take_line(struct legacy *l, const char *line)
{
	int64_t values[HEAPPROF_NVALUES];
	int used;

	line += strspn(line, " \t");
	if (*line == '#' || *line == '\n' || *line == '\0')
		return NULL;
	if (!take_values(line, values, &used) || line[used] != '@')
		return "a row is not \"N: BYTES [N: BYTES] @ 0x...\"";
	take_stack(l, line + used + 1);
	add_row(l, values);
	return NULL;
}

const char *heapprof_parse_legacy(
	struct heapprof *p, const char *bytes, size_t size)
{
	struct legacy l = {.p = p};
	const char *maps = find_maps(bytes);

	(void)size;
	take_maps(p, maps);
	const char *wrong = take_header(&l, bytes);
	const char *line = bytes + strcspn(bytes, "\n");
	for (; wrong == NULL && *line != '\0' && line + 1 < maps;
		line += 1 + strcspn(line + 1, "\n"))
		wrong = take_line(&l, line + 1);
	free(l.stack);
	return wrong;
}

/* A line of jemalloc's: a stack, or values for all threads. */
static const char *take_jemalloc_line(struct legacy *l, const char *line)
{
	int64_t values[HEAPPROF_NVALUES];
	int used;

	line += strspn(line, " \t");
	if (*line == '@') {
		take_stack(l, line + 1);
		return NULL;
	}
	if (strncmp(line, "t*:", 3) != 0)
		return NULL; /* one thread's share, or a blank line */
	if (!take_values(line + 3, values, &used))
		return "a row is not \"t*: N: BYTES [N: BYTES]\"";
	if (l->nstack > 0) /* else the sum at the top */
		add_row(l, values);
	else
		l->p->has_alloc = values[ALLOC_SPACE] > 0;
	return NULL;
}

const char *heapprof_parse_jemalloc(
	struct heapprof *p, const char *bytes, size_t size)
{
	struct legacy l = {.p = p};
	const char *maps = find_maps(bytes), *wrong = NULL;

	(void)size;
	l.rate = strtoull(bytes + strlen("heap_v2/"), NULL, 10);
	p->period = (int64_t)l.rate;
	take_maps(p, maps);
	const char *line = bytes + strcspn(bytes, "\n");
	for (; wrong == NULL && *line != '\0' && line + 1 < maps;
		line += 1 + strcspn(line + 1, "\n"))
		wrong = take_jemalloc_line(&l, line + 1);
	free(l.stack);
	return wrong;
}
