/*
 * doctor: goalloc doctor
 *
 * What is asked of the kernel is tried out, not read off a version number: a
 * container may forbid what the kernel has.  Each probe runs in a child, for
 * a sandbox may also kill whoever calls.
 *
 * Context:    one thread.
 */
#include "cmd/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "cmd/args.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

enum { TEXT_COLUMN = 26, PROBE_OTHER = 200 /* exit codes of a probe */ };

static unsigned nfound[VERDICT_BITES + 1];
static bool quiet;

void doctor_section(const char *name)
{
	if (!quiet)
		printf("%s\n", name);
}

void doctor_say(enum verdict verdict, const char *name, const char *cure,
	const char *fmt, ...)
{
	static const char *const words[] = {"ok", "note", "bites"};
	va_list args;

	nfound[verdict]++;
	if (quiet && verdict == VERDICT_OK)
		return;
	printf("  %-6s%-18s", words[verdict], name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (cure != NULL)
		printf("%*s-> %s\n", TEXT_COLUMN, "", cure);
}

struct probe_result doctor_probe(int (*probe)(void))
{
	int status;

	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		alarm(10); /* a probe that hangs has failed */
		int error = probe();
		_exit(error == PROBE_NO_EFFECT ? PROBE_OTHER : error);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die(STATUS_FAILED, "cannot run a probe: %m");
	struct probe_result r = {.works = status == 0};
	if (WIFSIGNALED(status))
		r.signal = WTERMSIG(status);
	else
		r.error = WEXITSTATUS(status);
	if (r.error == PROBE_OTHER)
		r.error = PROBE_NO_EFFECT;
	return r;
}

const char *doctor_why(struct probe_result r)
{
	static char text[80];

	if (r.signal != 0)
		snprintf(text, sizeof text, "a sandbox kills the caller (%s)",
			strsignal(r.signal));
	else if (r.error == PROBE_NO_EFFECT)
		snprintf(text, sizeof text, "succeeds without effect");
	else
		snprintf(text, sizeof text, "%s",
			r.works ? "works" : strerror(r.error));
	return text;
}

enum { DOCTOR_QUIET };

static const struct arg_option doctor_options[] = {
	[DOCTOR_QUIET] = {"quiet", 'q', NULL, "leave out what is ok"},
	{0},
};

static const struct arg_help doctor_help = {
	"doctor [--quiet]",
	"Tries what the library and its collector ask of the kernel, the "
	"container and\nthe limits of this shell.  ok: as wanted.  note: "
	"something is done without.\nbites: something will not work; the "
	"arrow says what to do, and the exit status\nis 1.",
	doctor_options,
};

int doctor_main(int argc, char **argv)
{
	struct args a = {.help = &doctor_help,
		.argc = argc,
		.argv = argv,
		.mixed = true};
	struct utsname u;

	while (args_next(&a) != ARGS_END)
		quiet = true;
	if (a.at < a.argc)
		die_usage("\"%s\" is too much", a.argv[a.at]);
	uname(&u);
	if (!quiet)
		printf("goalloc %s on %s %s, %s, pages of %ld bytes\n",
			PACKAGE_VERSION, u.sysname, u.release, u.machine,
			sysconf(_SC_PAGESIZE));
	doctor_section("preload");
	doctor_check_preload();
	doctor_section("write barriers of the collector, best first");
	doctor_check_barriers();
	doctor_section("stopping the world, looking in from outside");
	doctor_check_calls();
	doctor_section("limits");
	doctor_check_limits();
	if (!quiet)
		printf("%u ok, %u to note, %u that bite\n", nfound[VERDICT_OK],
			nfound[VERDICT_NOTE], nfound[VERDICT_BITES]);
	return nfound[VERDICT_BITES] > 0 ? STATUS_FAILED : STATUS_OK;
}
