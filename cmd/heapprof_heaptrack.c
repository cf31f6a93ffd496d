/*
 * heapprof_heaptrack: to heaptrack's interpreted data, version 3.
 *
 * That format holds events, a profile holds sums: the events written here
 * have the profile's sums.  What was allocated and freed since the profile
 * before comes first, in turns, so that no free follows its own allocation,
 * which heaptrack would call temporary, and little is live at once.  What
 * stays, or goes, comes then.  Where more was allocated than a file of events
 * can hold, one event stands for several objects and has the size of all of
 * them; a comment says so.
 *
 *   s string   i ip module function file line   t ip parent
 *   a size trace   + allocation   - allocation   c ms
 *
 * All numbers are hexadecimal; strings, ips and traces count from 1,
 * allocations from 0.
 *
 * Context:    one thread.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/heapprof.h"
#include "cmd/say.h"

enum { EVENTS_MAX = 1 << 20 /* objects that get an event each */ };

#define CHUNK_MAX 1e18 /* objects in an event, at most */

struct heaptrack {
	FILE *out;
	struct intern strings; /* number: as in the file, from 1 */
	struct intern ips;
	struct intern traces;
	struct intern allocations;
	struct intern states; /* stack and size to place in state */
	struct stack_state *state;
	size_t nstates;
	size_t states_cap;
	int64_t chunk;    /* objects that one event stands for */
	uint64_t profile; /* number of the one being written, from 1 */
};

/* What has been written of one stack and size. */
struct stack_state {
	uint64_t trace;
	int64_t allocs;      /* objects allocated so far */
	int64_t alloc_bytes; /* in them */
	int64_t inuse;       /* objects in use now */
	int64_t bytes;       /* in them */
	uint64_t seen;       /* number of the last profile that had it */
};

/* The number of a thing; *is_new: it must be written. */
static uint64_t number(
	struct intern *t, const void *key, size_t size, bool *is_new)
{
	struct intern_entry *e = intern(t, key, size);

	*is_new = e->number == UINT64_MAX;
	if (*is_new)
		e->number = t->n;
	return e->number;
}

static uint64_t put_string(struct heaptrack *h, const char *text)
{
	bool is_new;

	if (*text == '\0')
		return 0;
	uint64_t n = number(&h->strings, text, strlen(text), &is_new);
	if (is_new)
		fprintf(h->out, "s %zx %s\n", strlen(text), text);
	return n;
}

static uint64_t put_ip(
	struct heaptrack *h, struct heapprof *p, uint32_t location)
{
	const struct heapprof_location *l = &p->locations[location];
	const char *file = l->mapping != HEAPPROF_NO_MAPPING
				   ? p->mappings[l->mapping].file
				   : "";
	const struct {
		uint64_t address;
		uint64_t name;
	} key = {l->address, put_string(h, heapprof_name(p, location))};
	uint64_t words[3 * 64];
	size_t n = 0;
	bool is_new;

	uint64_t ip = number(&h->ips, &key, sizeof key, &is_new);
	if (!is_new)
		return ip;
	uint64_t module = put_string(h, file);
	for (uint32_t i = 0; i < l->nlines && i < 64; i++) {
		words[n++] = put_string(h, l->lines[i].function);
		words[n++] = put_string(h, l->lines[i].file);
		words[n++] = (uint64_t)l->lines[i].line;
	}
	fprintf(h->out, "i %" PRIx64 " %" PRIx64, l->address, module);
	for (size_t i = 0; i < n; i++)
		fprintf(h->out, " %" PRIx64, words[i]);
	fputc('\n', h->out);
	return ip;
}

/* The trace of a stack: its outermost call is written first. */
static uint64_t put_trace(struct heaptrack *h, struct heapprof *p,
	const struct heapprof_sample *s)
{
	uint64_t key[2] = {0, 0};
	bool is_new;

	for (uint32_t i = s->nstack; i > 0; i--) {
		key[0] = put_ip(h, p, s->stack[i - 1]);
		uint64_t trace = number(&h->traces, key, sizeof key, &is_new);
		if (is_new)
			fprintf(h->out, "t %" PRIx64 " %" PRIx64 "\n", key[0],
				key[1]);
		key[1] = trace;
	}
	return key[1];
}

/*
 * An allocation of so many bytes at a trace; its number counts from 0.  There
 * are two of each, that one may be freed after the other was allocated.
 */
static uint64_t put_allocation(
	struct heaptrack *h, uint64_t size, uint64_t trace, uint64_t which)
{
	const uint64_t key[3] = {size, trace, which};
	bool is_new;

	uint64_t n = number(&h->allocations, key, sizeof key, &is_new) - 1;
	if (is_new)
		fprintf(h->out, "a %" PRIx64 " %" PRIx64 "\n", size, trace);
	return n;
}

/* Objects of one stack and size that come and go between two profiles. */
struct passing {
	uint64_t trace;
	int64_t objects; /* left */
	int64_t bytes;   /* in them */
};

/* The next event's allocation: `chunk` objects, the last time what is left. */
static uint64_t passing_take(
	struct heaptrack *h, struct passing *q, uint64_t which)
{
	int64_t n = q->objects < h->chunk ? q->objects : h->chunk;
	int64_t bytes = n == q->objects ? q->bytes : q->bytes / q->objects * n;

	q->objects -= n;
	q->bytes -= bytes;
	return put_allocation(h, (uint64_t)bytes, q->trace, which);
}

/* All of one, at once. */
static void put_all(struct heaptrack *h, struct passing q, char sign)
{
	while (q.objects > 0) {
		uint64_t a = passing_take(h, &q, 0);
		fprintf(h->out, "%c %" PRIx64 "\n", sign, a);
	}
}

/* All of them, in turns: each is freed when the next has been allocated. */
static void put_passing(struct heaptrack *h, struct passing *q, size_t n)
{
	uint64_t before = UINT64_MAX, which = 0;

	while (n > 0) {
		size_t kept = 0;
		for (size_t i = 0; i < n; i++) {
			uint64_t a = passing_take(h, &q[i], which ^= 1);
			fprintf(h->out, "+ %" PRIx64 "\n", a);
			if (before != UINT64_MAX)
				fprintf(h->out, "- %" PRIx64 "\n", before);
			before = a;
			if (q[i].objects > 0)
				q[kept++] = q[i];
		}
		n = kept;
	}
	if (before != UINT64_MAX)
		fprintf(h->out, "- %" PRIx64 "\n", before);
}

/* The state of this sample's stack and size, by what they look like. */
static struct stack_state *state_of(struct heaptrack *h, struct heapprof *p,
	const struct heapprof_sample *s)
{
	const uint64_t key[2] = {put_trace(h, p, s), (uint64_t)s->size};
	bool is_new;

	uint64_t n = number(&h->states, key, sizeof key, &is_new) - 1;
	if (is_new) {
		h->state = must_grow(
			h->state, h->nstates, &h->states_cap, sizeof *h->state);
		h->state[h->nstates++] = (struct stack_state){.trace = key[0]};
	}
	return &h->state[n];
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/*
 * What one stack's objects in use have become; *q is what has come and gone
 * meanwhile.
 */
static struct passing staying_of(struct heapprof *p,
	const struct heapprof_sample *s, const struct stack_state *state,
	struct passing *q)
{
	struct passing stays = {.trace = state->trace,
		.objects = s->values[INUSE_OBJECTS] - state->inuse,
		.bytes = s->values[INUSE_SPACE] - state->bytes};

	if (stays.bytes > 0)
		stays.objects = most(stays.objects, 1);
	else if (stays.bytes < 0)
		stays.objects = most(-stays.objects, 1);
	else
		stays.objects = 0;
	*q = (struct passing){.trace = state->trace};
	if (p->has_alloc) {
		q->objects = s->values[ALLOC_OBJECTS] - state->allocs;
		q->bytes = s->values[ALLOC_SPACE] - state->alloc_bytes;
		if (stays.bytes > 0) {
			q->objects -= stays.objects;
			q->bytes -= stays.bytes;
		}
		q->bytes = most(q->bytes, 0);
	}
	return stays;
}

/* One profile, as the changes since the one before. */
static void put_profile(struct heaptrack *h, struct heapprof *p)
{
	struct passing *q = must_calloc(p->nsamples, sizeof *q);
	struct passing *stays = must_calloc(p->nsamples, sizeof *stays);
	size_t n = 0;

	for (size_t i = 0; i < p->nsamples; i++) {
		const struct heapprof_sample *s = &p->samples[i];
		struct stack_state *state = state_of(h, p, s);
		stays[i] = staying_of(p, s, state, &q[n]);
		n += q[n].objects > 0;
		state->inuse = s->values[INUSE_OBJECTS];
		state->bytes = s->values[INUSE_SPACE];
		state->allocs = s->values[ALLOC_OBJECTS];
		state->alloc_bytes = s->values[ALLOC_SPACE];
		state->seen = h->profile;
	}
	put_passing(h, q, n);
	for (size_t i = 0; i < p->nsamples; i++) {
		char sign = stays[i].bytes > 0 ? '+' : '-';
		stays[i].bytes *= sign == '+' ? 1 : -1;
		put_all(h, stays[i], sign);
	}
	free(q);
	free(stays);
}

/* Stacks that the profile no longer has: nothing of theirs is in use. */
static void put_vanished(struct heaptrack *h)
{
	for (size_t i = 0; i < h->nstates; i++) {
		struct stack_state *state = &h->state[i];
		struct passing gone = {
			state->trace, most(state->inuse, 1), state->bytes};
		if (state->seen == h->profile || state->bytes <= 0)
			continue;
		put_all(h, gone, '-');
		state->inuse = state->bytes = 0;
	}
}

/* Objects for each event, so that there are not too many of them. */
static int64_t choose_chunk(struct heapprof *const *p, size_t n)
{
	double most_objects = 0;

	for (size_t i = 0; i < n; i++) {
		double objects = 0;
		for (size_t k = 0; k < p[i]->nsamples; k++) {
			const int64_t *v = p[i]->samples[k].values;
			objects += fabs((double)v[ALLOC_OBJECTS]) +
				   fabs((double)v[INUSE_OBJECTS]);
		}
		most_objects = fmax(most_objects, objects);
	}
	return (int64_t)fmin(most_objects / EVENTS_MAX, CHUNK_MAX) + 1;
}

bool heapprof_write_heaptrack(struct heapprof *const *p, size_t n, FILE *out)
{
	struct heaptrack h = {.out = out, .chunk = choose_chunk(p, n)};
	const char *program =
		p[0]->nmappings > 0 ? p[0]->mappings[0].file : "?";
	int64_t start = p[0]->time_ns - p[0]->duration_ns;

	fprintf(out, "v 10400 3\nX %s\nI %lx %lx\n", program,
		(unsigned long)sysconf(_SC_PAGESIZE),
		(unsigned long)sysconf(_SC_PHYS_PAGES));
	if (h.chunk > 1)
		fprintf(out,
			"# an event stands for up to %" PRId64 " objects\n",
			h.chunk);
	for (size_t i = 0; i < n; i++) {
		h.profile = i + 1;
		put_profile(&h, p[i]);
		put_vanished(&h);
		fprintf(out, "c %" PRIx64 "\n",
			(uint64_t)most((p[i]->time_ns - start) / 1000000, 1));
	}
	intern_free(&h.strings);
	intern_free(&h.ips);
	intern_free(&h.traces);
	intern_free(&h.allocations);
	intern_free(&h.states);
	free(h.state);
	return ferror(out) == 0;
}
