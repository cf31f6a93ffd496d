/*
 * figures: see figures.h.
 *
 * JSON and OpenMetrics take their names from FOR_EACH_FIGURE, so that every
 * figure is in both and none is spelt twice.
 *
 * Context:    one thread.
 */
#include "cmd/figures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

const char *figures_bytes(char buf[FIGURES_SIZE], uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
	double n = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		snprintf(buf, FIGURES_SIZE, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (; n >= 1023.95 && i + 1 < sizeof units / sizeof units[0]; i++)
		n /= 1024;
	snprintf(buf, FIGURES_SIZE, "%.1f %s", n, units[i]);
	return buf;
}

/* Text. */

static void print_bytes(
	FILE *out, const char *what, uint64_t bytes, const char *note)
{
	char buf[FIGURES_SIZE];

	fprintf(out, "  %-22s%12s%s%s\n", what, figures_bytes(buf, bytes),
		*note != '\0' ? "   " : "", note);
}

static void print_ledger(FILE *out, const struct snapshot *s)
{
	uint64_t kept = s->heap_idle - s->heap_released;
	uint64_t resident = s->heap_inuse + kept + s->metadata_sys;
	char note[64];

	snprintf(note, sizeof note, "%" PRIu64 " objects", s->heap_objects);
	fprintf(out, "heap\n");
	print_bytes(out, "live", s->heap_alloc, note);
	if (s->heap_deferred > 0)
		print_bytes(out, "freed, not yet free", s->heap_deferred, "");
	print_bytes(out, "free in spans", s->heap_free_slots,
		"slots and tails of spans in use");
	print_bytes(out, "free pages", kept, "kept, likely to be needed");
	print_bytes(out, "metadata", s->metadata_sys,
		"spans, thread caches, page tables");
	print_bytes(out, "at most resident", resident, "the sum of these");
	print_bytes(out, "given back", s->heap_released, "not resident");
	snprintf(note, sizeof note, "%" PRIu64 " objects", s->large_objects);
	print_bytes(out, "large, of live", s->large_bytes, note);
	fprintf(out, "  %-22s%12" PRIu64 "   %" PRIu64 " freed\n",
		"allocated since start", s->mallocs, s->frees);
	fprintf(out, "  %-22s%12" PRIu64 "   %" PRIu64 " threads\n", "spans",
		s->spans, s->threads);
	fprintf(out, "process\n");
	print_bytes(out, "resident (RSS)", s->process_rss, "");
	print_bytes(out, "peak", s->process_peak_rss, "");
	if (s->process_lazyfree > 0)
		print_bytes(out, "of it lazily free", s->process_lazyfree, "");
	if (s->process_swap > 0)
		print_bytes(out, "swapped out", s->process_swap, "");
}

static void print_gc(FILE *out, const struct snapshot *s)
{
	static const char *const phases[] = {
		"idle", "sweeping", "marking", "stopped"};

	if (!s->gc_enabled) {
		fprintf(out, "collector\n  off\n");
		return;
	}
	fprintf(out,
		"collector\n  %s; %" PRIu64 " collections, %" PRIu64
		" of them forced; %.1f %% of the CPU time\n",
		s->gc_phase < 4 ? phases[s->gc_phase] : "?", s->gc_cycles,
		s->gc_forced, (double)s->gc_cpu_ppm / 1e4);
	print_bytes(out, "live at the last", s->gc_marked, "");
	print_bytes(out, "goal", s->gc_goal, "");
	fprintf(out, "  %-22s%9.3f ms   %.3f ms the latest\n", "pauses",
		(double)s->gc_pause_ns / 1e6,
		(double)s->gc_last_pause_ns / 1e6);
}

/* Classes with the most bytes in their pages first. */
static int by_bytes(const void *a, const void *b)
{
	const struct snapshot_class *x =
		*(const struct snapshot_class *const *)a;
	const struct snapshot_class *y =
		*(const struct snapshot_class *const *)b;

	return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : 0;
}

static void print_classes(
	FILE *out, const struct snapshot *s, unsigned nclasses)
{
	const struct snapshot_class *order[SNAPSHOT_NCLASSES];
	char size[FIGURES_SIZE], live[FIGURES_SIZE], bytes[FIGURES_SIZE];

	for (unsigned i = 0; i < s->nclasses; i++)
		order[i] = &s->classes[i];
	qsort(order, s->nclasses, sizeof *order, by_bytes);
	if (nclasses > 0)
		fprintf(out, "%-10s%12s%12s%12s%12s%8s\n", "size", "objects",
			"live", "in pages", "allocated", "spans");
	for (unsigned i = 0; i < s->nclasses && i < nclasses; i++) {
		const struct snapshot_class *k = order[i];
		uint64_t live_bytes =
			k->size > 0 ? k->live * k->size : k->bytes;
		if (k->bytes == 0)
			break;
		fprintf(out,
			"%-10s%12" PRIu64 "%12s%12s%12" PRIu64 "%8" PRIu64 "\n",
			k->size > 0 ? figures_bytes(size, k->size) : "large",
			k->live, figures_bytes(live, live_bytes),
			figures_bytes(bytes, k->bytes), k->mallocs, k->nspans);
	}
}

void figures_print_text(FILE *out, const struct target *t,
	const struct snapshot *s, unsigned nclasses)
{
	fprintf(out, "process %d (%s), libgoalloc %.15s\n", (int)t->pid,
		s->name, t->stats.library);
	print_ledger(out, s);
	print_gc(out, s);
	print_classes(out, s, nclasses);
}

/* JSON. */

void figures_print_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < ' ' || c == 127)
			fputc('?', out);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void figures_print_json(
	FILE *out, const struct target *t, const struct snapshot *s)
{
	fprintf(out, "{\"pid\":%d,\"name\":", (int)t->pid);
	figures_print_quoted(out, s->name);
	fputs(",\"library\":", out);
	figures_print_quoted(out, t->stats.library);
	fprintf(out, ",\"time_ns\":%" PRIu64, s->time_ns);
#define FIGURE_JSON(name, kind, help)                                          \
	fprintf(out, ",\"" #name "\":%" PRIu64, s->name);
	FOR_EACH_FIGURE(FIGURE_JSON)
#undef FIGURE_JSON
	fputs(",\"by_size\":[", out);
	for (unsigned i = 0; i < s->nclasses; i++) {
		const struct snapshot_class *k = &s->classes[i];
		fprintf(out,
			"%s{\"size\":%" PRIu64 ",\"live\":%" PRIu64
			",\"mallocs\":%" PRIu64 ",\"spans\":%" PRIu64
			",\"bytes\":%" PRIu64 "}",
			i > 0 ? "," : "", k->size, k->live, k->mallocs,
			k->nspans, k->bytes);
	}
	fputs("]}", out);
}

/* OpenMetrics. */

/* What a kind is called there, and what its samples end with. */
struct metric_kind {
	const char *type;
	const char *unit;   /* part of the name, or "" */
	const char *suffix; /* of a sample */
};

static const struct metric_kind metric_bytes = {"gauge", "_bytes", ""};
static const struct metric_kind metric_count = {"gauge", "", ""};
static const struct metric_kind metric_total = {"counter", "", "_total"};
static const struct metric_kind metric_total_bytes = {
	"counter", "_bytes", "_total"};

/* One family: a name, and a sample per process. */
struct metric_family {
	const char *name;
	const struct metric_kind *kind;
	const char *help;
	size_t offset; /* of the figure in struct snapshot */
};

static const struct metric_family families[] = {
#define FIGURE_FAMILY(name, kind, help)                                        \
	{#name, &metric_##kind, help, offsetof(struct snapshot, name)},
	FOR_EACH_FIGURE(FIGURE_FAMILY)
#undef FIGURE_FAMILY
};

/* A name that has its unit already is not given it twice. */
static void family_name(char buf[80], const struct metric_family *f)
{
	size_t len = strlen(f->name), unit = strlen(f->kind->unit);
	bool has = unit > 0 && len > unit &&
		   strcmp(f->name + len - unit, f->kind->unit) == 0;

	snprintf(buf, 80, "goalloc_%s%s", f->name, has ? "" : f->kind->unit);
}

static void print_family(FILE *out, const struct metric_family *f,
	const struct target *targets, const struct snapshot *snapshots,
	size_t n)
{
	char name[80];

	family_name(name, f);
	fprintf(out, "# TYPE %s %s\n", name, f->kind->type);
	if (f->kind->unit[0] != '\0')
		fprintf(out, "# UNIT %s bytes\n", name);
	fprintf(out, "# HELP %s %s\n", name, f->help);
	for (size_t i = 0; i < n; i++) {
		uint64_t value;
		memcpy(&value, (const char *)&snapshots[i] + f->offset,
			sizeof value);
		fprintf(out, "%s%s{pid=\"%d\",name=", name, f->kind->suffix,
			(int)targets[i].pid);
		figures_print_quoted(out, snapshots[i].name);
		fprintf(out, "} %" PRIu64 "\n", value);
	}
}

void figures_print_openmetrics(FILE *out, const struct target *targets,
	const struct snapshot *snapshots, size_t n)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		print_family(out, &families[i], targets, snapshots, n);
	fputs("# EOF\n", out);
}
