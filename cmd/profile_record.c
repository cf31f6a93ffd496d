/*
 * profile_record: goalloc profile record [OPTION]... -- COMMAND
 *
 * Runs the command as a child with profiling on.  The library writes a file
 * for each process at its end, PREFIX.PID.exit.pb.gz; the command's own then
 * takes the name asked for.  A command that has become another program by
 * exec is still the command: the last to exit has written the file.
 *
 * Context:    one thread; signals of the terminal are the command's.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/child.h"
#include "cmd/environment.h"
#include "cmd/heapprof.h"
#include "cmd/profile.h"
#include "cmd/say.h"

enum {
	RECORD_OUT,
	RECORD_RATE,
	RECORD_PEAK,
	RECORD_INTERVAL,
	RECORD_OWN_MALLOC,
	RECORD_LIB,
};

static const struct arg_option record_options[] = {
	[RECORD_OUT] = {"output", 'o', "OUT",
		"where to (heap.pb.gz); .heap for gperftools' text"},
	[RECORD_RATE] = {"rate", 'r', "BYTES",
		"mean bytes between samples (512KiB); 1: all"},
	[RECORD_PEAK] = {"peak", 'p', NULL,
		"the heap at its peak, not at exit"},
	[RECORD_INTERVAL] = {"interval", 'i', "SECONDS",
		"also one every so often, OUT.PID.iNNNN"},
	[RECORD_OWN_MALLOC] = {"own-malloc", 'm', NULL,
		"profile the program's own malloc instead"},
	[RECORD_LIB] = {"lib", 0, "PATH", "the library, instead of our own"},
	{0},
};

static const struct arg_help record_help = {
	"profile record [OPTION]... [--] COMMAND [ARGUMENT]...",
	"Runs COMMAND and writes its heap profile when it exits.  Processes "
	"that it\nstarts write theirs beside it.  The exit status is "
	"COMMAND's, or 125 if no\nprofile came of it.",
	record_options,
};

struct record {
	const char *out;
	const char *rate;
	bool peak;
	bool own_malloc;
	const char *interval;
	struct environment e;
};

/* The names of this run's files: OUT without its ending, and the ending. */
struct names {
	char *prefix;
	const char *ending;
};

static struct names names_of(const char *out)
{
	static const char *const endings[] = {".heap", ".pb.gz", ".pb"};
	struct names names = {must_copy(out), "pb.gz"};
	size_t len = strlen(out);

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		size_t n = strlen(endings[i]);
		if (len <= n || strcmp(out + len - n, endings[i]) != 0)
			continue;
		names.prefix[len - n] = '\0';
		if (i == 0)
			names.ending = "heap";
		break;
	}
	if (strchr(names.prefix, ',') != NULL)
		die_usage("bad --output \"%s\": a comma ends an option of the "
			  "library",
			out);
	return names;
}

static void set_options(const struct record *r, const struct names *names)
{
	environment_set_rate(r->rate != NULL ? r->rate : "512KiB");
	environment_add_option("profile", names->prefix);
	environment_add_option("profile_format",
		strcmp(names->ending, "heap") == 0 ? "text" : "pb");
	environment_add_option("profile_peak", r->peak ? "1" : "0");
	if (r->interval != NULL) {
		args_number(r->interval, "--interval", 1, 1000000);
		environment_add_option("profile_interval", r->interval);
	}
}

/* Says which other processes have written a profile. */
static void name_others(const struct names *names)
{
	char *pattern =
		must_format("%s.*.exit.%s", names->prefix, names->ending);
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0)
		warn("its children have written %zu profile%s: %s",
			found.gl_pathc, found.gl_pathc > 1 ? "s" : "", pattern);
	globfree(&found);
	free(pattern);
}

static int finish(const struct record *r, const struct names *names,
	pid_t child, int status)
{
	char *exit_file = must_format(
		"%s.%d.exit.%s", names->prefix, (int)child, names->ending);
	char *peak_file = must_format(
		"%s.%d.peak.%s", names->prefix, (int)child, names->ending);

	if (rename(r->peak ? peak_file : exit_file, r->out) != 0) {
		if (status < 125 || status > 127)
			warn("no profile came of it: the program ended by "
			     "_exit or a signal, or the library did not reach "
			     "it");
		status = status != 0 ? status : STATUS_SETUP;
	} else if (r->peak) {
		unlink(exit_file);
	}
	name_others(names);
	free(exit_file);
	free(peak_file);
	return status;
}

int profile_record_main(int argc, char **argv)
{
	struct args a = {.help = &record_help, .argc = argc, .argv = argv};
	struct record r = {.out = "heap.pb.gz"};

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case RECORD_OUT: r.out = a.value; break;
		case RECORD_RATE: r.rate = a.value; break;
		case RECORD_PEAK: r.peak = true; break;
		case RECORD_INTERVAL: r.interval = a.value; break;
		case RECORD_OWN_MALLOC: r.own_malloc = true; break;
		case RECORD_LIB: r.e.library = a.value; break;
		}
	}
	if (a.at >= argc)
		die_usage("a command is missing");
	if (r.own_malloc)
		r.e.name = "libgoalloc-record.so";
	struct names names = names_of(r.out);
	set_options(&r, &names);
	pid_t child = child_start(&r.e, argv + a.at);
	int status = finish(&r, &names, child, child_wait(child));
	free(names.prefix);
	return status;
}
