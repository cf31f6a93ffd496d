/*
 * top: goalloc top [OPTION]... [PID]...
 *
 *   one PID      a line for each look, as vmstat does: what was stays visible
 *   else         a table, most resident first; on a terminal in its place
 *
 * Without a PID every process under the library is shown, those that start
 * later too.  Rates are per second since the last look.
 *
 * Context:    one thread.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/figures.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

enum { TOP_JSON, TOP_OPENMETRICS, TOP_INTERVAL, TOP_COUNT };

enum { HEADER_EVERY = 20 /* lines of one process */ };

static const struct arg_option top_options[] = {
	[TOP_JSON] = {"json", 'j', NULL, "a JSON object per process and look"},
	[TOP_OPENMETRICS] = {"openmetrics", 0, NULL,
		"an OpenMetrics exposition per look"},
	[TOP_INTERVAL] = {"interval", 'i', "SECONDS", "between two looks (1)"},
	[TOP_COUNT] = {"count", 'n', "N", "end after N looks"},
	{0},
};

static const struct arg_help top_help = {
	"top [OPTION]... [PID]...",
	"Shows the heaps of these processes again and again, or of all that "
	"run under the\nlibrary and may be read.  Ends when the last of the "
	"PIDs has ended.\n\n"
	"LIVE   live objects         FREE  free slots and kept pages\n"
	"RSS    resident memory      BACK  given back to the kernel\n"
	"ALLOC/S, CPU%  since the look before   GC  collections done",
	top_options,
};

/* One process that is watched. */
struct watched {
	struct target target;
	struct snapshot now;
	struct snapshot before; /* time_ns 0: there is none */
};

/* All of them. */
struct watch {
	struct watched *at;
	size_t n;
	size_t cap;
	bool all; /* look for new ones */
};

static struct watched *watch_add(struct watch *w)
{
	w->at = must_grow(w->at, w->n, &w->cap, sizeof *w->at);
	memset(&w->at[w->n], 0, sizeof *w->at);
	return &w->at[w->n++];
}

static bool watch_has(const struct watch *w, pid_t pid)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->at[i].target.pid == pid)
			return true;
	return false;
}

/* Adds processes that have come since. */
static void watch_find(struct watch *w)
{
	DIR *proc = opendir("/proc");
	struct target t;

	if (proc == NULL)
		die(STATUS_FAILED, "cannot read /proc: %m");
	for (struct dirent *e; (e = readdir(proc)) != NULL;) {
		pid_t pid = (pid_t)atoi(e->d_name);
		if (pid <= 0 || pid == getpid() || watch_has(w, pid))
			continue;
		if (target_open(&t, pid) == TARGET_FOUND)
			watch_add(w)->target = t;
	}
	closedir(proc);
}

/* Takes everybody's figures; drops who has gone. */
static void watch_look(struct watch *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct watched *one = &w->at[i];
		one->before = one->now;
		if (!snapshot_take(&one->now, &one->target))
			continue;
		if (kept != i)
			w->at[kept] = *one;
		kept++;
	}
	w->n = kept;
}

static int by_rss(const void *a, const void *b)
{
	const struct watched *x = a, *y = b;

	return x->now.process_rss != y->now.process_rss
		       ? (x->now.process_rss < y->now.process_rss ? 1 : -1)
		       : 0;
}

/* Growth per second of a total between two looks. */
static double rate(const struct watched *w, uint64_t now, uint64_t before)
{
	double seconds = (double)(w->now.time_ns - w->before.time_ns) / 1e9;

	if (w->before.time_ns == 0 || seconds <= 0 || now < before)
		return 0;
	return (double)(now - before) / seconds;
}

static void print_header(void)
{
	printf("%8s %-14s%10s%10s%10s%10s%8s%5s%4s\n", "PID", "NAME", "LIVE",
		"FREE", "BACK", "RSS", "ALLOC/S", "CPU%", "GC");
}

/* A number of at most five digits and a letter. */
static const char *short_count(char buf[FIGURES_SIZE], double n)
{
	const char *units = " kMGT";

	for (; n >= 9999.5 && units[1] != '\0'; units++)
		n /= 1000;
	snprintf(buf, FIGURES_SIZE, "%.0f%.*s", n, *units != ' ', units);
	return buf;
}

static void print_line(const struct watched *w)
{
	const struct snapshot *s = &w->now;
	char live[FIGURES_SIZE], kept[FIGURES_SIZE], back[FIGURES_SIZE];
	char rss[FIGURES_SIZE], allocs[FIGURES_SIZE];
	uint64_t pages = s->heap_idle - s->heap_released;

	printf("%8d %-14.14s%10s%10s%10s%10s%8s%5.0f%4" PRIu64 "\n",
		(int)w->target.pid, s->name, figures_bytes(live, s->heap_alloc),
		figures_bytes(kept, s->heap_free_slots + pages),
		figures_bytes(back, s->heap_released),
		figures_bytes(rss, s->process_rss),
		short_count(allocs, rate(w, s->mallocs, w->before.mallocs)),
		rate(w, s->process_cpu_ms, w->before.process_cpu_ms) / 10,
		s->gc_cycles);
}

static void print_table(const struct watch *w, uint64_t look, bool single)
{
	bool terminal = isatty(STDOUT_FILENO) != 0;

	if (single) {
		if (look % HEADER_EVERY == 0)
			print_header();
	} else {
		printf("%s", terminal ? "\033[H\033[2J" : "");
		print_header();
	}
	for (size_t i = 0; i < w->n; i++)
		print_line(&w->at[i]);
	if (!single && w->n == 0)
		printf("no process runs under the library\n");
}

static void print_openmetrics(const struct watch *w)
{
	struct target *targets = must_calloc(w->n, sizeof *targets);
	struct snapshot *snapshots = must_calloc(w->n, sizeof *snapshots);

	for (size_t i = 0; i < w->n; i++) {
		targets[i] = w->at[i].target;
		snapshots[i] = w->at[i].now;
	}
	figures_print_openmetrics(stdout, targets, snapshots, w->n);
	free(targets);
	free(snapshots);
}

static void print_json(const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++) {
		figures_print_json(stdout, &w->at[i].target, &w->at[i].now);
		putchar('\n');
	}
}

/* Sleeps until the next multiple of the interval since the start. */
static void wait_until(struct timespec *next, double interval)
{
	long ns = next->tv_nsec +
		  (long)((interval - (double)(time_t)interval) * 1e9);

	next->tv_sec += (time_t)interval + ns / 1000000000;
	next->tv_nsec = ns % 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) ==
		EINTR)
		;
}

/* What is asked for. */
struct top {
	bool json;
	bool openmetrics;
	double interval;
	uint64_t count; /* looks; 0: no end */
};

static void top_loop(const struct top *top, struct watch *w)
{
	struct timespec next;
	bool single = !w->all && w->n == 1;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t look = 0; top->count == 0 || look < top->count; look++) {
		if (look > 0)
			wait_until(&next, top->interval);
		if (w->all)
			watch_find(w);
		watch_look(w);
		if (w->n == 0 && !w->all)
			return;
		qsort(w->at, w->n, sizeof *w->at, by_rss);
		if (top->openmetrics)
			print_openmetrics(w);
		else if (top->json)
			print_json(w);
		else
			print_table(w, look, single);
		if (fflush(stdout) != 0)
			return; /* main says why */
	}
}

int top_main(int argc, char **argv)
{
	struct args a = {
		.help = &top_help, .argc = argc, .argv = argv, .mixed = true};
	struct top top = {.interval = 1};
	struct watch w = {0};

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case TOP_JSON: top.json = true; break;
		case TOP_OPENMETRICS: top.openmetrics = true; break;
		case TOP_INTERVAL:
			top.interval = args_seconds(a.value, "--interval");
			break;
		case TOP_COUNT:
			top.count =
				args_number(a.value, "--count", 1, UINT32_MAX);
			break;
		}
	}
	if (top.json && top.openmetrics)
		die_usage("--json and --openmetrics exclude each other");
	for (int i = a.at; i < a.argc; i++)
		target_must_open(&watch_add(&w)->target, args_pid(a.argv[i]));
	w.all = w.n == 0;
	top_loop(&top, &w);
	free(w.at);
	return STATUS_OK;
}
