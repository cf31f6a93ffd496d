/*
 * leaks: goalloc leaks [OPTION]... -- COMMAND
 *
 * The library collects once more when the program exits, frees nothing, and
 * writes the heap profile of what nothing points to any more: one file for
 * each process, in a folder that is removed afterwards.  Until then free acts
 * at once and no collection is due, so memory is used as without a collector.
 *
 * The search is conservative: a word that only looks like a pointer keeps an
 * object from being listed.
 *
 * Context:    one thread.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/child.h"
#include "cmd/environment.h"
#include "cmd/figures.h"
#include "cmd/heapprof.h"
#include "cmd/say.h"
#include "cmd/stacks.h"
#include "cmd/symbols.h"
#include "cmd/verbs.h"

#define NEVER_GOGC "100000" /* per cent: no collection before the last */

enum { LEAKS_RATE, LEAKS_COUNT, LEAKS_EXIT, LEAKS_OUT, LEAKS_LIB };

static const struct arg_option leaks_options[] = {
	[LEAKS_RATE] = {"rate", 'r', "BYTES",
		"mean bytes between samples (1: all)"},
	[LEAKS_COUNT] = {"count", 'n', "N", "list N stacks (20); 0: all"},
	[LEAKS_EXIT] = {"error-exitcode", 0, "N",
		"end with N if only something is lost"},
	[LEAKS_OUT] = {"output", 'o', "PREFIX",
		"keep the profiles: PREFIX.PID.leaks.pb.gz"},
	[LEAKS_LIB] = {"lib", 0, "PATH", "the library, instead of our own"},
	{0},
};

static const struct arg_help leaks_help = {
	"leaks [OPTION]... [--] COMMAND [ARGUMENT]...",
	"Runs COMMAND and lists, on stderr, what it has allocated and can "
	"reach "
	"no\nmore when it exits, by call stack; so for each process that it "
	"has "
	"started.\nThe exit status is COMMAND's, or 125 if nothing could be "
	"found "
	"out.",
	leaks_options,
};

struct leaks {
	struct environment e;
	const char *rate;
	size_t most;     /* stacks listed */
	uint64_t status; /* if something is lost; 0: the command's */
	const char *out; /* prefix of what is kept, or NULL */
	char *folder;    /* of our own, or NULL */
	char *prefix;    /* of this run's files */
	bool any;        /* something was lost */
};

static void set_up(struct leaks *l)
{
	const char *tmp = getenv("TMPDIR");

	environment_set_rate(l->rate != NULL ? l->rate : "1");
	if (l->out == NULL) {
		l->folder = must_format("%s/goalloc-leaks.XXXXXX",
			tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
		if (mkdtemp(l->folder) == NULL)
			die(STATUS_SETUP, "cannot make a folder %s: %m",
				l->folder);
	}
	l->prefix = l->folder != NULL ? must_format("%s/p", l->folder)
				      : must_copy(l->out);
	l->e.gogc = NEVER_GOGC;
	l->e.free = "now";
	l->e.profile = l->prefix;
	environment_add_option("unreachable", "report");
	environment_add_option("profile_listen", "0");
}

/* The process number in PREFIX.PID.leaks.pb.gz. */
static int pid_in(const struct leaks *l, const char *path)
{
	return atoi(path + strlen(l->prefix) + 1);
}

static void list_process(struct leaks *l, const char *path, bool is_own)
{
	struct heapprof *p = heapprof_read(path);
	int64_t bytes = heapprof_total(p, INUSE_SPACE);
	int64_t objects = heapprof_total(p, INUSE_OBJECTS);
	char size[FIGURES_SIZE];

	const char *program = p->nmappings > 0 ? p->mappings[0].file : "?";
	if (bytes > 0 || is_own)
		fprintf(stderr,
			"process %d, %s: %s in %" PRId64
			" objects lost, of %" PRId64 " allocated\n",
			pid_in(l, path), program,
			figures_bytes(size, (uint64_t)bytes), objects,
			heapprof_total(p, ALLOC_OBJECTS));
	l->any |= bytes > 0;
	if (bytes > 0) {
		symbols_resolve(p);
		stacks_print(stderr, p, INUSE_SPACE, l->most);
	}
	heapprof_free(p);
}

/* Lists every process, the command itself first; false: there is none. */
static bool list_all(struct leaks *l, pid_t child)
{
	char *pattern = must_format("%s.*.leaks.pb.gz", l->prefix);
	glob_t found;

	bool any = glob(pattern, 0, NULL, &found) == 0;
	for (int own = 1; any && own >= 0; own--)
		for (size_t i = 0; i < found.gl_pathc; i++)
			if ((pid_in(l, found.gl_pathv[i]) == child) == own)
				list_process(l, found.gl_pathv[i], own);
	globfree(&found);
	free(pattern);
	return any;
}

/* Removes this run's files: all, or those that nobody has asked for. */
static void clean_up(const struct leaks *l)
{
	char *pattern = must_format(
		"%s.*%s", l->prefix, l->folder != NULL ? "" : ".exit.pb.gz");
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	globfree(&found);
	free(pattern);
	if (l->folder != NULL)
		rmdir(l->folder);
}

static int leaks_run(struct leaks *l, char **command)
{
	set_up(l);
	pid_t child = child_start(&l->e, command);
	int status = child_wait(child);
	bool listed = list_all(l, child);
	clean_up(l);
	if (!listed && (status < 125 || status > 127)) {
		warn("nothing could be found out: the program ended by _exit "
		     "or a signal, or the library did not reach it, or could "
		     "not collect");
		return status != 0 ? status : STATUS_SETUP;
	}
	return status == 0 && l->any && l->status > 0 ? (int)l->status : status;
}

int leaks_main(int argc, char **argv)
{
	struct args a = {.help = &leaks_help, .argc = argc, .argv = argv};
	struct leaks l = {.most = 20};

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case LEAKS_RATE: l.rate = a.value; break;
		case LEAKS_COUNT:
			l.most = args_number(a.value, "--count", 0, INT32_MAX);
			break;
		case LEAKS_EXIT:
			l.status = args_number(
				a.value, "--error-exitcode", 1, 255);
			break;
		case LEAKS_OUT: l.out = a.value; break;
		case LEAKS_LIB: l.e.library = a.value; break;
		}
	}
	if (a.at >= argc)
		die_usage("a command is missing");
	if (l.most == 0)
		l.most = SIZE_MAX;
	int status = leaks_run(&l, argv + a.at);
	free(l.folder);
	free(l.prefix);
	return status;
}
