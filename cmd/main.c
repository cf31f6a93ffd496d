/*
 * main: goalloc VERB [OPTION]... [ARGUMENT]...
 *
 * The table of verbs is all there is here; a verb is a file of its own that
 * defines VERB_main and reads its command line with args.
 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "cmd/args.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

/* X(name, summary), in the order of goalloc --help. */
#define FOR_EACH_VERB(X)                                                       \
	X(run, "run a command under the library")                              \
	X(compare, "run a command under several allocators, side by side")     \
	X(stat, "what the heap of a running process holds, once")              \
	X(top, "the same for one process or all, again and again")             \
	X(profile, "take, convert, compare and show heap profiles")            \
	X(leaks, "run a command and list what it lost, by call site")          \
	X(doctor, "what this kernel, container and limits allow")

struct verb {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *summary;
};

static const struct verb verbs[] = {
#define VERB_ROW(name, summary) {#name, name##_main, summary},
	FOR_EACH_VERB(VERB_ROW)
#undef VERB_ROW
};

enum { NVERBS = sizeof verbs / sizeof verbs[0] };

static int main_help(void)
{
	printf("usage: goalloc VERB [OPTION]... [ARGUMENT]...\n\n");
	for (int i = 0; i < NVERBS; i++)
		printf("  %-10s%s\n", verbs[i].name, verbs[i].summary);
	printf("\ngoalloc VERB --help says more; so does goalloc(1).  The "
	       "library's own\noptions are in libgoalloc(7).\n"
	       "\n  -h, --help      print this\n"
	       "  -V, --version   print the version\n");
	return STATUS_OK;
}

static int main_verb(int argc, char **argv)
{
	for (int i = 0; i < NVERBS; i++) {
		if (strcmp(argv[0], verbs[i].name) != 0)
			continue;
		say_set_verb(verbs[i].name);
		return verbs[i].main(argc, argv);
	}
	if (argv[0][0] == '-')
		die_usage("unknown option %s", argv[0]);
	die_usage("there is no verb \"%s\"", argv[0]);
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		die_usage("a verb is missing");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0)
		status = main_help();
	else if (strcmp(argv[1], "--version") == 0 ||
		 strcmp(argv[1], "-V") == 0)
		status = printf("goalloc %s\n", PACKAGE_VERSION) < 0;
	else
		status = main_verb(argc - 1, argv + 1);
	/* What could not be written is no success. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == STATUS_OK)
		die(STATUS_FAILED, "cannot write to stdout: %m");
	return status;
}
