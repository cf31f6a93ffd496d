/*
 * profile: goalloc profile record | PID | convert | diff | show
 *
 * Context:    one thread.
 */
#include "cmd/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

struct part {
	const char *name;
	const char *verb; /* in messages */
	int (*main)(int argc, char **argv);
};

static const struct part parts[] = {
	{"record", "profile record", profile_record_main},
	{"convert", "profile convert", profile_convert_main},
	{"diff", "profile diff", profile_diff_main},
	{"show", "profile show", profile_show_main},
};

static const struct arg_option no_options[] = {{0}};

static const struct arg_help profile_help = {
	"profile record [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"       goalloc profile PID [OPTION]...\n"
	"       goalloc profile convert [OPTION]... PROFILE...\n"
	"       goalloc profile diff [OPTION]... BEFORE AFTER\n"
	"       goalloc profile show [OPTION]... PROFILE",
	"  record   runs a command and writes its heap profile at the end\n"
	"  PID      takes the profile of a process that runs with profiling\n"
	"  convert  writes another format: pb, legacy, folded, massif, "
	"heaptrack\n"
	"  diff     shows which call sites have grown and which have shrunk\n"
	"  show     lists the call sites with most memory\n\n"
	"Each has --help.  PROFILE is pb.gz of any tool, or text of "
	"gperftools, "
	"Go,\njemalloc, or folded stacks.",
	no_options,
};

int profile_main(int argc, char **argv)
{
	struct args a = {.help = &profile_help, .argc = argc, .argv = argv};

	for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof parts[0];
		i++) {
		if (strcmp(argv[1], parts[i].name) != 0)
			continue;
		say_set_verb(parts[i].verb);
		return parts[i].main(argc - 1, argv + 1);
	}
	if (argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9')
		return profile_pull_main(argc, argv);
	args_next(&a); /* --help, or an unknown option */
	if (a.at >= argc)
		die_usage("what to do is missing");
	die_usage("\"%s\" is neither a process number nor record, convert, "
		  "diff or show",
		argv[a.at]);
}
