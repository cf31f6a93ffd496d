/*
 * stat: goalloc stat [--json | --openmetrics] PID...
 *
 * Context:    one thread.
 */
#include <stdlib.h>

#include "cmd/args.h"
#include "cmd/figures.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

enum { STAT_JSON, STAT_OPENMETRICS, STAT_CLASSES };

static const struct arg_option stat_options[] = {
	[STAT_JSON] = {"json", 'j', NULL,
		"a JSON object in a line per process"},
	[STAT_OPENMETRICS] = {"openmetrics", 0, NULL,
		"one OpenMetrics exposition, as Prometheus reads it"},
	[STAT_CLASSES] = {"classes", 'c', "N",
		"show the N size classes with most memory (8)"},
	{0},
};

static const struct arg_help stat_help = {
	"stat [OPTION]... PID...",
	"Prints what the heap of each process holds.  The process runs on and "
	"does not\nnotice; it must have been started under the library and may "
	"be read by its own\nuser or root.",
	stat_options,
};

static void take_all(struct target *targets, struct snapshot *snapshots,
	const struct args *a)
{
	for (int i = a->at; i < a->argc; i++) {
		struct target *t = &targets[i - a->at];
		target_must_open(t, args_pid(a->argv[i]));
		if (!snapshot_take(&snapshots[i - a->at], t))
			die(STATUS_FAILED, "process %d ended meanwhile",
				(int)t->pid);
	}
}

int stat_main(int argc, char **argv)
{
	struct args a = {
		.help = &stat_help, .argc = argc, .argv = argv, .mixed = true};
	bool json = false, openmetrics = false;
	unsigned nclasses = 8;

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case STAT_JSON: json = true; break;
		case STAT_OPENMETRICS: openmetrics = true; break;
		case STAT_CLASSES:
			nclasses = (unsigned)args_number(
				a.value, "--classes", 0, SNAPSHOT_NCLASSES);
			break;
		}
	}
	size_t n = (size_t)(a.argc - a.at);
	if (n == 0)
		die_usage("a process number is missing");
	if (json && openmetrics)
		die_usage("--json and --openmetrics exclude each other");
	struct target *targets = must_calloc(n, sizeof *targets);
	struct snapshot *snapshots = must_calloc(n, sizeof *snapshots);
	take_all(targets, snapshots, &a);
	if (openmetrics)
		figures_print_openmetrics(stdout, targets, snapshots, n);
	for (size_t i = 0; i < n && !openmetrics; i++) {
		if (json) {
			figures_print_json(stdout, &targets[i], &snapshots[i]);
			putchar('\n');
		} else {
			figures_print_text(
				stdout, &targets[i], &snapshots[i], nclasses);
		}
	}
	free(targets);
	free(snapshots);
	return STATUS_OK;
}
