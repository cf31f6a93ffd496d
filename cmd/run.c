/*
 * run: goalloc run [OPTION]... -- COMMAND [ARGUMENT]...
 *
 * Sets the environment and becomes the command: there is no process in
 * between, so signals, exit status and job control are the command's own.
 *
 * Context:    one thread.
 */
#include "cmd/args.h"
#include "cmd/environment.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

enum { RUN_GOGC, RUN_MEMLIMIT, RUN_FREE, RUN_PROFILE, RUN_ONLY, RUN_LIB };

static const struct arg_option run_options[] = {
	[RUN_GOGC] = {"gogc", 0, "N", "collect when the heap has grown N %"},
	[RUN_MEMLIMIT] = {"memlimit", 0, "SIZE",
		"memory to stay below: 512MiB, auto (the cgroup's), off"},
	[RUN_FREE] = {"free", 0, "MODE",
		"with --gogc: deferred, now or ignore"},
	[RUN_PROFILE] = {"profile", 0, "PREFIX",
		"write heap profiles, PREFIX.PID.exit.pb.gz"},
	[RUN_ONLY] = {"only", 0, "NAME",
		"leave children of other names on their own malloc"},
	[RUN_LIB] = {"lib", 0, "PATH", "the library, instead of our own"},
	{0},
};

static const struct arg_help run_help = {
	"run [OPTION]... [--] COMMAND [ARGUMENT]...",
	"Runs COMMAND, and what it starts, under the library.  The exit status "
	"is\nCOMMAND's, or 125 where the library cannot be set up, 126 where "
	"COMMAND may\nnot be executed, 127 where there is none.",
	run_options,
};

int run_main(int argc, char **argv)
{
	struct args a = {.help = &run_help, .argc = argc, .argv = argv};
	struct environment e = {0};

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case RUN_GOGC: e.gogc = a.value; break;
		case RUN_MEMLIMIT: e.memlimit = a.value; break;
		case RUN_FREE: e.free = a.value; break;
		case RUN_PROFILE: e.profile = a.value; break;
		case RUN_ONLY: e.only = a.value; break;
		case RUN_LIB: e.library = a.value; break;
		}
	}
	if (a.at >= argc)
		die_usage("a command is missing");
	environment_set(&e, argv[a.at]);
	environment_exec(argv + a.at);
}
