/*
 * profile_show: goalloc profile show PROFILE, goalloc profile diff A B: the
 * call sites with most memory, or with most change.
 *
 * Context:    one thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/figures.h"
#include "cmd/heapprof.h"
#include "cmd/heapprof_diff.h"
#include "cmd/output.h"
#include "cmd/profile.h"
#include "cmd/say.h"
#include "cmd/sites.h"
#include "cmd/stacks.h"
#include "cmd/symbols.h"

enum { PLACE_WIDTH = 46, SITES_DEFAULT = 20 };

/* "+1.2 MiB": with the sign of a difference. */
static const char *signed_bytes(char buf[FIGURES_SIZE + 1], int64_t bytes)
{
	buf[0] = bytes < 0 ? '-' : '+';
	figures_bytes(buf + 1, (uint64_t)(bytes < 0 ? -bytes : bytes));
	return bytes == 0 ? "0 B" : buf;
}

/* Show. */

enum { SHOW_COUNT, SHOW_ALLOC, SHOW_STACKS };

static const struct arg_option show_options[] = {
	[SHOW_COUNT] = {"count", 'n', "N", "list N of them (20); 0: all"},
	[SHOW_ALLOC] = {"alloc", 'a', NULL,
		"by all that was allocated, not by what is in use"},
	[SHOW_STACKS] = {"stacks", 's', NULL, "each stack, not each call site"},
	{0},
};

static const struct arg_help show_help = {
	"profile show [OPTION]... PROFILE",
	"Lists the call sites with most memory: the innermost functions that "
	"are no\nallocation functions.",
	show_options,
};

static void print_total(const char *path, const struct heapprof *p)
{
	char inuse[FIGURES_SIZE], alloc[FIGURES_SIZE];

	printf("%s: %s in %" PRId64 " objects in use", path,
		figures_bytes(inuse, (uint64_t)heapprof_total(p, INUSE_SPACE)),
		heapprof_total(p, INUSE_OBJECTS));
	if (p->has_alloc)
		printf("; %s in %" PRId64 " allocated",
			figures_bytes(alloc,
				(uint64_t)heapprof_total(p, ALLOC_SPACE)),
			heapprof_total(p, ALLOC_OBJECTS));
	putchar('\n');
	if (p->period > 1)
		printf("from a sample each %s\n",
			figures_bytes(inuse, (uint64_t)p->period));
}

static double share(int64_t part, int64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void print_sites(
	struct heapprof *p, enum heapprof_value value, size_t most)
{
	struct sites sites = sites_collect(p, value);
	int64_t total = heapprof_total(p, value);
	char bytes[FIGURES_SIZE];

	printf("%11s%10s%8s  %s\n",
		value == ALLOC_SPACE ? "allocated" : "in use", "objects",
		"share", "call site");
	for (size_t i = 0; i < sites.n && i < most; i++) {
		const int64_t *v = sites.at[i].values;
		if (v[value] == 0)
			break;
		printf("%11s%10" PRId64 "%7.1f%%  ",
			figures_bytes(bytes, (uint64_t)v[value]), v[value - 1],
			share(v[value], total));
		sites_print_place(stdout, &sites.at[i], PLACE_WIDTH);
		putchar('\n');
	}
	sites_free(&sites);
}

int profile_show_main(int argc, char **argv)
{
	struct args a = {
		.help = &show_help, .argc = argc, .argv = argv, .mixed = true};
	enum heapprof_value value = INUSE_SPACE;
	uint64_t most = SITES_DEFAULT;
	bool stacks = false;

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case SHOW_COUNT:
			most = args_number(a.value, "--count", 0, INT32_MAX);
			break;
		case SHOW_ALLOC: value = ALLOC_SPACE; break;
		case SHOW_STACKS: stacks = true; break;
		}
	}
	args_expect(&a, 1, "profile");
	struct heapprof *p = heapprof_read(a.argv[a.at]);
	if (value == ALLOC_SPACE && !p->has_alloc)
		die(STATUS_FAILED,
			"%s does not say what was allocated, only what is in "
			"use",
			a.argv[a.at]);
	symbols_resolve(p);
	print_total(a.argv[a.at], p);
	if (stacks)
		stacks_print(stdout, p, value, most > 0 ? most : SIZE_MAX);
	else
		print_sites(p, value, most > 0 ? most : SIZE_MAX);
	heapprof_free(p);
	return STATUS_OK;
}

/* Diff. */

enum { DIFF_COUNT, DIFF_ALLOC, DIFF_OUT };

static const struct arg_option diff_options[] = {
	[DIFF_COUNT] = {"count", 'n', "N", "list N call sites (20); 0: all"},
	[DIFF_ALLOC] = {"alloc", 'a', NULL,
		"of all that was allocated, not of what is in use"},
	[DIFF_OUT] = {"output", 'o', "OUT",
		"write it too: a profile, or .folded of both"},
	{0},
};

static const struct arg_help diff_help = {
	"profile diff [OPTION]... BEFORE AFTER",
	"Lists the call sites whose memory has changed most.  The profiles may "
	"be of two\nruns: stacks are compared by their functions' names.",
	diff_options,
};

static void print_change(
	struct heapprof *d, enum heapprof_value value, size_t most)
{
	struct sites sites = sites_collect(d, value);
	char bytes[FIGURES_SIZE + 1];

	printf("%12s%11s  %s\n", "bytes", "objects", "call site");
	for (size_t i = 0; i < sites.n && i < most; i++) {
		const int64_t *v = sites.at[i].values;
		if (v[value] == 0)
			break;
		printf("%12s%+11" PRId64 "  ", signed_bytes(bytes, v[value]),
			v[value - 1]);
		sites_print_place(stdout, &sites.at[i], PLACE_WIDTH + 7);
		putchar('\n');
	}
	printf("%12s%+11" PRId64 "  in all\n",
		signed_bytes(bytes, heapprof_total(d, value)),
		heapprof_total(d, value - 1));
	sites_free(&sites);
}

/* Difference as a profile, or both values of each stack. */
static void write_change(const char *path, struct heapprof *before,
	struct heapprof *after, struct heapprof *d, enum heapprof_value value)
{
	const char *dot = strrchr(path, '.');
	bool folded = dot != NULL && strcmp(dot, ".folded") == 0;
	struct output out;

	output_open(&out, path, !folded);
	output_close(&out, folded ? heapprof_write_folded_pair(
					    before, after, value, out.file)
				  : heapprof_write_pb(d, out.file));
}

int profile_diff_main(int argc, char **argv)
{
	struct args a = {
		.help = &diff_help, .argc = argc, .argv = argv, .mixed = true};
	enum heapprof_value value = INUSE_SPACE;
	uint64_t most = SITES_DEFAULT;
	const char *path = NULL;

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case DIFF_COUNT:
			most = args_number(a.value, "--count", 0, INT32_MAX);
			break;
		case DIFF_ALLOC: value = ALLOC_SPACE; break;
		case DIFF_OUT: path = a.value; break;
		}
	}
	args_expect(&a, 2, "pair of profiles");
	struct heapprof *before = heapprof_read(a.argv[a.at]);
	struct heapprof *after = heapprof_read(a.argv[a.at + 1]);
	symbols_resolve(before);
	symbols_resolve(after);
	struct heapprof *d = heapprof_diff(before, after);
	if (value == ALLOC_SPACE && !d->has_alloc)
		die(STATUS_FAILED, "one of the profiles does not say what was "
				   "allocated, only what is in use");
	print_change(d, value, most > 0 ? most : SIZE_MAX);
	if (path != NULL)
		write_change(path, before, after, d, value);
	heapprof_free(before);
	heapprof_free(after);
	heapprof_free(d);
	return STATUS_OK;
}
