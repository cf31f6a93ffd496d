/*
 * compare: goalloc compare [OPTION]... -- COMMAND
 *
 *   read the command line -> run -> judge -> write -> tell
 *
 * Exit status: 0; 1 if a --fail-if holds or a report cannot be written; 2 for
 * a wrong command line; 3 if the contenders' outputs or exit statuses
 * differ; 126 and 127 as env(1).
 */
#include "cmd/compare.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <dirent.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/compare_profile.h"
#include "cmd/report.h"
#include "cmd/report_page.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

enum { STATUS_DIFFERENT = 3, MAX_RUNS = 100, DEFAULT_LIMIT = 3600 };

static const double DEFAULT_IDLE = 5; /* seconds */

enum option {
	OPTION_RUNS,
	OPTION_WITH,
	OPTION_FAIL_IF,
	OPTION_OUTPUT,
	OPTION_INPUT,
	OPTION_IDLE,
	OPTION_LIMIT,
	OPTION_NO_TRACE,
	OPTION_NO_PROFILE,
};

static const struct arg_option option_table[] = {
	[OPTION_RUNS] = {"runs", 'n', "N", "timed runs of each (5)"},
	[OPTION_WITH] = {"with", 'w', "LIST",
		"allocators; the first is the base (glibc,goalloc)"},
	[OPTION_FAIL_IF] = {"fail-if", 'f', "EXPR",
		"exit with 1 if it holds: 'rss>+5% or wall>+10%'"},
	[OPTION_OUTPUT] = {"output", 'o', "FOLDER",
		"where the report goes (compare-NAME-TIME)"},
	[OPTION_INPUT] = {"input", 'i', "FILE",
		"stdin of every run (/dev/null)"},
	[OPTION_IDLE] = {"idle", 0, "SECONDS",
		"watch the program idle at its end (5)"},
	[OPTION_LIMIT] = {"limit", 0, "SECONDS",
		"kill a run that takes longer (3600)"},
	[OPTION_NO_TRACE] = {"no-trace", 0, NULL, "do not count system calls"},
	[OPTION_NO_PROFILE] = {"no-profile", 0, NULL,
		"do not compare call sites"},
	{0},
};

static const struct arg_help compare_help = {
	.usage = "compare [-n 5] [--with ALLOC]... [--fail-if EXPR] -- "
		 "COMMAND",
	.text = "Runs the command under each allocator, in turn, and says "
		"how they differ.\n\n"
		"LIST is glibc, goalloc, jemalloc, mimalloc, tcmalloc, a "
		"path, LABEL=path, or\n"
		"a setting for goalloc such as GOGC=50, with commas between; "
		"goalloc+GOGC=50\n"
		"and jemalloc+MALLOC_CONF=narenas:1 are an allocator with "
		"settings.",
	.options = option_table,
};

/* ---- The command line ------------------------------------------------ */

static void compare_add_condition(struct compare_options *o, const char *text)
{
	const char *error;
	const char *why;
	struct failif *condition = must_calloc(1, sizeof *condition);

	if (!failif_parse(condition, text, &error, &why))
		die_usage("--fail-if %s: %s at \"%s\"", text, why, error);
	o->conditions = must_grow(o->conditions, o->nconditions,
		&o->conditions_cap, sizeof *o->conditions);
	o->conditions[o->nconditions++] = condition;
}

static void compare_read_option(
	struct comparison *c, enum option option, const char *value)
{
	struct compare_options *o = &c->options;

	switch (option) {
	case OPTION_RUNS:
		o->nruns = args_number(value, "--runs", 1, MAX_RUNS);
		break;
	case OPTION_WITH: compare_add_contenders(c, value); break;
	case OPTION_FAIL_IF: compare_add_condition(o, value); break;
	case OPTION_OUTPUT: o->folder = value; break;
	case OPTION_INPUT: o->input = value; break;
	case OPTION_IDLE: o->idle = args_seconds(value, "--idle"); break;
	case OPTION_LIMIT: o->limit = args_seconds(value, "--limit"); break;
	case OPTION_NO_TRACE: o->is_traced = false; break;
	case OPTION_NO_PROFILE: o->is_profiled = false; break;
	}
}

static void compare_read_command_line(
	struct comparison *c, int argc, char **argv)
{
	struct args args = {.help = &compare_help, .argc = argc, .argv = argv};
	int option;

	c->options = (struct compare_options){
		.nruns = COMPARE_DEFAULT_RUNS,
		.idle = DEFAULT_IDLE,
		.limit = DEFAULT_LIMIT,
		.input = "/dev/null",
		.is_traced = true,
		.is_profiled = true,
	};
	while ((option = args_next(&args)) != ARGS_END)
		compare_read_option(c, option, args.value);
	if (args.at >= argc)
		die_usage("a command is missing");
	c->command = argv + args.at;
	if (c->ncontenders == 0)
		compare_add_contenders(c, "glibc,goalloc");
	if (c->ncontenders == 1)
		compare_add_contenders(
			c, strcmp(c->contenders[0].name, "goalloc") == 0
				   ? "glibc"
				   : "goalloc");
	if (access(c->options.input, R_OK) != 0)
		die_usage("--input %s: %m", c->options.input);
}

/* ---- Folders --------------------------------------------------------- */

static char *scratch_folder; /* removed at the end */
static char *report_folder;  /* removed if it is still empty then */

void compare_clean_up(void)
{
	const struct dirent *entry;

	if (report_folder != NULL)
		rmdir(report_folder);
	DIR *folder = scratch_folder != NULL ? opendir(scratch_folder) : NULL;

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	rmdir(scratch_folder);
	free(scratch_folder);
	scratch_folder = NULL;
}

/* "compare-python3-20261123-090000", where no folder is asked for. */
static char *compare_name_folder(const struct comparison *c)
{
	const char *slash = strrchr(c->command[0], '/');
	const time_t now = time(NULL);
	struct tm local;
	char stamp[32];

	if (c->options.folder != NULL)
		return must_copy(c->options.folder);
	localtime_r(&now, &local);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
	return must_format("compare-%.40s-%s",
		slash != NULL ? slash + 1 : c->command[0], stamp);
}

static void compare_make_folders(struct comparison *c)
{
	const char *tmp = getenv("TMPDIR");

	c->folder = compare_name_folder(c);
	if (mkdir(c->folder, 0777) != 0 && errno != EEXIST)
		die(STATUS_FAILED, "cannot make the folder %s: %m", c->folder);
	report_folder = c->folder;
	scratch_folder = must_format("%s/goalloc-compare.XXXXXX",
		tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	if (mkdtemp(scratch_folder) == NULL)
		die(STATUS_FAILED, "cannot make a folder in %s: %m",
			tmp != NULL ? tmp : "/tmp");
	c->scratch = scratch_folder;
	atexit(compare_clean_up);
}

/* ---- The end --------------------------------------------------------- */

static void fill_figures(const struct comparison *c, size_t i,
	struct failif_figure figures[NMETRICS])
{
	for (int m = 0; m < NMETRICS; m++) {
		const struct finding *f = &c->contenders[i].findings[m];
		const double base = c->contenders[0].findings[m].median.median;

		figures[m] = (struct failif_figure){
			.value = f->median.median,
			.difference = f->median.median - base,
			.relative = f->shift.is_relative
					    ? f->shift.shift
					    : f->shift.shift / base,
			.is_distinct = finding_is_distinct(f),
			.is_single = metric_table[m].source != FROM_TIMED,
		};
	}
}

/* Says which conditions hold; whether any does. */
static bool compare_has_failed(const struct comparison *c)
{
	struct failif_figure figures[NMETRICS];
	bool has_failed = false;

	for (size_t i = 1; i < c->ncontenders; i++) {
		fill_figures(c, i, figures);
		for (size_t k = 0; k < c->options.nconditions; k++) {
			const struct failif *f = c->options.conditions[k];

			if (!failif_holds(f, figures))
				continue;
			warn("%s: --fail-if '%s' holds", c->contenders[i].name,
				f->text);
			has_failed = true;
		}
	}
	return has_failed;
}

static void compare_write(const struct comparison *c)
{
	if (!report_json(c))
		die(STATUS_FAILED, "cannot write %s/report.json: %m",
			c->folder);
	if (!report_html(c))
		die(STATUS_FAILED, "cannot write %s/report.html: %m",
			c->folder);
	if (!report_gnuplot(c))
		die(STATUS_FAILED, "cannot write %s/series.dat: %m", c->folder);
	compare_write_profiles(c);
}

int compare_main(int argc, char **argv)
{
	static struct comparison c;

	compare_read_command_line(&c, argc, argv);
	compare_make_folders(&c);
	machine_read(&c.machine);
	compare_run_all(&c);
	compare_judge(&c);
	compare_write(&c);
	report_text(&c);
	printf("\n%s/report.html\n", c.folder);

	if (compare_has_failed(&c))
		return STATUS_FAILED;
	return c.outcome == OUTCOME_SAME || c.outcome == OUTCOME_VARIES
		       ? STATUS_OK
		       : STATUS_DIFFERENT;
}
