/*
 * snapshot: the walk over another process's spans.
 *
 *   heapmap   read in pieces; gives each span's descriptor once
 *   mspan     read twice: the fixed part says how long the whole is
 *   live      states that say so, without those that the remote part has as
 *             freed by strangers or under a collector
 *   mallocs   what the mcaches have counted, less what lies in free_caches
 *             and magazines; read before the spans, so that what is handed
 *             out meanwhile does not count as freed
 *
 * What is read may be in the middle of a change or a span that has just gone:
 * every number is checked against its bounds before it is used.
 *
 * Context:    one thread.
 */
#include "cmd/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/procmaps.h"
#include "cmd/say.h"

enum {
	MAP_STEP = 1 << 16,    /* heapmap entries read at once */
	SPANS_STEP = 512,      /* spans read at once */
	LINE = 64,             /* bytes in a line of a descriptor */
	NLINES_MAX = 64,       /* lines of a descriptor, at most */
	MCACHES_MAX = 1 << 28, /* bytes of a list, before it is called a loop */
};

/* A descriptor read from the process. */
struct span_copy {
	uint64_t addr;                 /* of the descriptor */
	char bytes[LINE * NLINES_MAX]; /* as much of it as there is */
};

struct walk {
	struct target *t;
	const struct statspage_layout *l;
	struct snapshot *s;
	struct span_copy *spans; /* SPANS_STEP of them */
	struct target_piece pieces[SPANS_STEP];
	size_t n;                           /* spans collected */
	uint64_t last;                      /* the last descriptor seen */
	uint64_t cached[SNAPSHOT_NCLASSES]; /* objects in free_caches */
};

static uint64_t get64(const char *bytes, uint32_t offset)
{
	uint64_t v;

	memcpy(&v, bytes + offset, sizeof v);
	return v;
}

static uint32_t get32(const char *bytes, uint32_t offset)
{
	uint32_t v;

	memcpy(&v, bytes + offset, sizeof v);
	return v;
}

static uint16_t get16(const char *bytes, uint32_t offset)
{
	uint16_t v;

	memcpy(&v, bytes + offset, sizeof v);
	return v;
}

static uint8_t get8(const char *bytes, uint32_t offset)
{
	return (uint8_t)bytes[offset];
}

/* Spans. */

/* Objects of word w that are allocated, and of them freed by others. */
static void count_word(const struct statspage_layout *l, const char *d,
	unsigned w, uint64_t *live, uint64_t *deferred)
{
	uint32_t remote = get8(d, l->mspan_remote) * (uint32_t)LINE +
			  l->remote_bits + w * 8;
	uint64_t alloc = 0;

	for (unsigned i = 0; i < 64; i++)
		alloc |= (uint64_t)(get8(d, l->mspan_states + w * 64 + i) & 1)
			 << i;
	uint64_t freed = get64(d, remote) & alloc;

	*live += (uint64_t)__builtin_popcountll(alloc & ~freed);
	*deferred += (uint64_t)__builtin_popcountll(freed);
}

static bool is_sane(const struct statspage_layout *l, const char *d)
{
	unsigned nlines = get8(d, l->mspan_nlines);
	unsigned nwords = get8(d, l->mspan_nwords);
	unsigned remote = get8(d, l->mspan_remote);

	return nlines <= NLINES_MAX && remote < nlines &&
	       get8(d, l->mspan_class) < l->nclasses &&
	       l->mspan_states + nwords * 64 <= nlines * LINE &&
	       remote * LINE + l->remote_bits + nwords * 8 <= nlines * LINE;
}

static void count_span(struct walk *w, const char *d)
{
	const struct statspage_layout *l = w->l;
	struct snapshot *s = w->s;
	unsigned class = get8(d, l->mspan_class);
	uint64_t bytes = (uint64_t)get32(d, l->mspan_npages) << l->page_shift;
	uint64_t live = 0, deferred = 0;

	for (unsigned i = 0; i < get8(d, l->mspan_nwords); i++)
		count_word(l, d, i, &live, &deferred);
	uint64_t size = class != 0 ? s->classes[class].size : bytes;
	s->heap_alloc += live * size;
	s->heap_objects += live;
	s->heap_deferred += deferred * size;
	bytes -= get32(d, l->mspan_purged);
	if (class != 0)
		s->heap_free_slots += bytes - (live + deferred) * size;
	s->classes[class].live += live;
	s->classes[class].nspans++;
	s->classes[class].bytes += bytes;
	w->cached[class] +=
		(uint64_t)__builtin_popcountll(get64(d, l->mspan_cached));
}

/* Reads the spans collected, in two rounds, and counts them. */
static void flush_spans(struct walk *w)
{
	struct span_copy *c = w->spans;

	for (size_t i = 0; i < w->n; i++)
		w->pieces[i] = (struct target_piece){
			c[i].addr, c[i].bytes, w->l->mspan_header};
	target_read_many(w->t, w->pieces, w->n);
	for (size_t i = 0; i < w->n; i++) {
		bool good = w->pieces[i].size != 0 && is_sane(w->l, c[i].bytes);
		size_t nlines = get8(c[i].bytes, w->l->mspan_nlines);
		w->pieces[i].size = good ? nlines * LINE : 0;
	}
	target_read_many(w->t, w->pieces, w->n);
	for (size_t i = 0; i < w->n; i++)
		if (w->pieces[i].size != 0 && is_sane(w->l, c[i].bytes))
			count_span(w, c[i].bytes);
	w->n = 0;
}

static void note_span(struct walk *w, uint64_t addr)
{
	if (addr == w->last)
		return;
	w->last = addr;
	if (addr == 0)
		return;
	w->spans[w->n++].addr = addr;
	if (w->n == SPANS_STEP)
		flush_spans(w);
}

static bool walk_spans(struct walk *w)
{
	const struct statspage_layout *l = w->l;
	uint64_t size, table;

	if (!target_read(w->t, l->heapmap + l->heapmap_size, &size, 8) ||
		!target_read(w->t, l->heapmap + l->heapmap_spans, &table, 8))
		return false;
	uint64_t *map = must_calloc(MAP_STEP, sizeof *map);
	size_t left = size >> l->page_shift;
	bool read = true;
	for (size_t n; left > 0 && read; left -= n, table += n * 8) {
		n = left < MAP_STEP ? left : MAP_STEP;
		read = target_read(w->t, table, map, n * 8);
		for (size_t i = 0; read && i < n; i++)
			note_span(w, map[i]);
	}
	flush_spans(w);
	free(map);
	return read;
}

/* Classes and mcaches. */

static bool read_classes(struct walk *w)
{
	const struct statspage_layout *l = w->l;
	size_t size = (size_t)l->nclasses * l->class_stride;

	if (l->nclasses > SNAPSHOT_NCLASSES)
		return false;
	char *table = must_calloc(1, size);
	bool read = target_read(w->t, l->classes, table, size);
	for (unsigned i = 0; i < l->nclasses; i++)
		w->s->classes[i].size =
			get32(table, i * l->class_stride + l->class_size);
	free(table);
	w->s->nclasses = l->nclasses;
	return read;
}

/* Objects in malloc's magazine of a slot of an mcache. */
static uint64_t count_magazine(
	const struct statspage_layout *l, const char *c, uint32_t slot)
{
	uint64_t out = get64(c, slot + l->slot_out);
	uint64_t rows = get64(c, slot + l->slot_rows);
	uint64_t size = get16(c, slot + l->slot_size);
	uint64_t used = (out - rows) / l->round_bytes; /* with one below */

	if (rows == 0 || out <= rows || used > 2 * (size + 1))
		return 0;
	return used <= size + 1 ? used - 1 : used - size - 2;
}

static void count_mcache(struct walk *w, const char *c)
{
	const struct statspage_layout *l = w->l;

	for (unsigned i = 1; i < l->nclasses; i++) {
		uint32_t slot = l->mcache_slots + i * l->slot_stride;
		w->s->classes[i].mallocs +=
			get64(c, l->mcache_classes + i * l->mcache_stride +
					 l->mcache_nmalloc) +
			get64(c, slot + l->slot_nalloc);
		w->cached[i] += count_magazine(l, c, slot);
	}
}

static bool walk_mcaches(struct walk *w)
{
	const struct statspage_layout *l = w->l;
	uint64_t next, ninuse;

	if (!target_read(w->t, l->mcaches + l->mcaches_all, &next, 8) ||
		!target_read(w->t, l->mcaches + l->mcaches_ninuse, &ninuse, 8))
		return false;
	w->s->threads = ninuse;
	char *c = must_calloc(1, l->mcache_bytes);
	for (size_t n = 0; next != 0 && n < MCACHES_MAX; n += l->mcache_bytes) {
		if (!target_read(w->t, next, c, l->mcache_bytes))
			break;
		count_mcache(w, c);
		next = get64(c, l->mcache_next);
	}
	free(c);
	return true;
}

/* Mallocs of a class count what is cached; frees are what does not live. */
static void finish_classes(struct walk *w)
{
	const struct statspage_heap *h = &w->t->stats.heap;
	struct snapshot *s = w->s;

	for (unsigned i = 0; i < s->nclasses; i++) {
		struct snapshot_class *k = &s->classes[i];
		if (k->mallocs >= w->cached[i])
			k->mallocs -= w->cached[i];
		if (i == 0)
			k->mallocs = h->large_mallocs;
		if (k->mallocs < k->live) /* handed out since it was read */
			k->mallocs = k->live;
		s->mallocs += k->mallocs;
		s->alloc += i == 0 ? h->large_total : k->mallocs * k->size;
	}
	s->frees =
		s->mallocs > s->heap_objects ? s->mallocs - s->heap_objects : 0;
}

/* The rest. */

static void take_heap(struct snapshot *s, const struct statspage_heap *h)
{
	s->heap_idle = h->idle + h->purged;
	s->heap_released = h->released + h->purged;
	s->heap_inuse = h->committed - h->idle - h->purged;
	s->heap_sys = h->committed;
	s->heap_reserved = h->reserved;
	s->large_bytes = h->large_bytes;
	s->large_objects = h->large_count;
	s->spans = h->nspans;
	s->metadata_inuse = h->meta_inuse;
	s->metadata_sys = h->meta_sys + h->map_sys;
	s->released = h->released_total;
}

static void take_gc(struct snapshot *s, const struct statspage_gc *g)
{
	s->gc_enabled = g->enabled;
	s->gc_phase = g->phase;
	s->gc_cycles = g->ncycles;
	s->gc_forced = g->nforced;
	s->gc_marked = g->heap_marked;
	s->gc_goal = g->heap_goal;
	s->gc_pause_ns = g->pause_total_ns;
	s->gc_last_pause_ns = g->pause_last_ns;
	s->gc_cpu_ppm = g->cpu_ppm;
}

/* "Key:   123 kB" in a file of /proc, in bytes; 0: not there. */
static uint64_t kilobytes(const char *text, const char *key)
{
	const char *at = text != NULL ? strstr(text, key) : NULL;

	return at != NULL ? strtoull(at + strlen(key), NULL, 10) << 10 : 0;
}

/* A program's name is its own choice: nothing in it that a terminal obeys. */
static void take_name(struct snapshot *s, const char *comm)
{
	snprintf(s->name, sizeof s->name, "%.*s", (int)strcspn(comm, "\n"),
		comm);
	for (char *c = s->name; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static void take_cpu(struct snapshot *s, pid_t pid)
{
	char *text = proc_read(pid, "stat");
	char *at = text != NULL ? strrchr(text, ')') : NULL;
	unsigned long user = 0, system = 0;

	if (at != NULL)
		sscanf(at + 2,
			"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			&user, &system);
	s->process_cpu_ms =
		(user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
	free(text);
}

static void take_process(struct snapshot *s, pid_t pid)
{
	char *status = proc_read(pid, "status");
	char *rollup = proc_read(pid, "smaps_rollup");
	char *comm = proc_read(pid, "comm");

	s->process_rss = kilobytes(status, "\nVmRSS:");
	s->process_peak_rss = kilobytes(status, "\nVmHWM:");
	s->process_anon = kilobytes(status, "\nRssAnon:");
	s->process_swap = kilobytes(status, "\nVmSwap:");
	s->process_lazyfree = kilobytes(rollup, "\nLazyFree:");
	if (comm != NULL)
		take_name(s, comm);
	take_cpu(s, pid);
	free(status);
	free(rollup);
	free(comm);
}

bool snapshot_take(struct snapshot *s, struct target *t)
{
	struct timespec now;
	struct walk *w = must_calloc(1, sizeof *w);

	memset(s, 0, sizeof *s);
	*w = (struct walk){.t = t, .l = &t->stats.layout, .s = s};
	w->spans = must_calloc(SPANS_STEP, sizeof *w->spans);
	bool taken = target_refresh(t) && read_classes(w) && walk_mcaches(w) &&
		     walk_spans(w);
	if (taken) {
		finish_classes(w);
		take_heap(s, &t->stats.heap);
		take_gc(s, &t->stats.gc);
		take_process(s, t->pid);
		clock_gettime(CLOCK_MONOTONIC, &now);
		s->time_ns = (uint64_t)now.tv_sec * 1000000000 +
			     (uint64_t)now.tv_nsec;
	}
	free(w->spans);
	free(w);
	return taken;
}
