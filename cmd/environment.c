/*
 * environment: see environment.h.
 *
 * GOGC and GOMEMLIMIT are set under their GOALLOC_ names, which win in the
 * library and mean nothing to a Go program among the children.
 *
 * With --only the program that is preloaded everywhere is libgoalloc-only.so
 * (cmd/only.c), which has no malloc: it adds the library where a process is
 * about to become the program of that name.
 *
 * Context:    one thread.
 */
#include "cmd/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/locate.h"
#include "cmd/only.h"
#include "cmd/say.h"

#define LIBRARY_NAME "libgoalloc.so"
#define ONLY_NAME    "libgoalloc-only.so"

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0)
		die(STATUS_SETUP, "cannot set %s: %m", name);
}

static void check_gogc(const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (strcmp(value, "off") == 0)
		return;
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || n > 1000000)
		die_usage("bad --gogc \"%s\": it is per cent of growth, as "
			  "100, or off",
			value);
}

/* The library knows Go's units only: it gets bytes. */
static void set_memlimit(const char *value)
{
	uint64_t bytes;
	char number[32];

	if (strcmp(value, "off") != 0 && strcmp(value, "auto") != 0) {
		if (!args_try_size(value, &bytes))
			die_usage("bad --memlimit \"%s\": it is a size, as "
				  "512MiB, auto or off",
				value);
		snprintf(number, sizeof number, "%lu", bytes);
		value = number;
	}
	set("GOALLOC_GOMEMLIMIT", value);
}

static void check_free(const char *value)
{
	if (strcmp(value, "deferred") != 0 && strcmp(value, "now") != 0 &&
		strcmp(value, "ignore") != 0)
		die_usage("bad --free \"%s\": it is deferred, now or ignore",
			value);
}

/* The library's absolute path; the loader splits at spaces and colons. */
static char *library_path(const char *given, const char *name)
{
	char *path;

	if (given == NULL) {
		path = locate_library(name != NULL ? name : LIBRARY_NAME);
	} else {
		path = realpath(given, NULL);
		if (path == NULL || access(path, R_OK) != 0)
			die(STATUS_SETUP, "cannot read the library %s: %m",
				given);
	}
	if (strpbrk(path, " :") != NULL)
		die(STATUS_SETUP,
			"LD_PRELOAD cannot hold the path \"%s\": move the "
			"library to one without spaces and colons",
			path);
	return path;
}

static void preload(const char *path)
{
	const char *have = getenv("LD_PRELOAD");
	char *list = have == NULL || *have == '\0'
			     ? must_copy(path)
			     : must_format("%s:%s", path, have);

	set("LD_PRELOAD", list);
	free(list);
}

static void preload_only(
	const struct environment *e, const char *library, const char *command)
{
	char *only = locate_library(ONLY_NAME);

	if (e->only[0] == '\0' || strchr(e->only, '/') != NULL)
		die_usage("bad --only \"%s\": it is a program's name without "
			  "its folder",
			e->only);
	set(ONLY_VAR_NAME, e->only);
	set(ONLY_VAR_LIBRARY, library);
	if (only_is_meant(command, e->only))
		preload(library);
	preload(only);
	free(only);
}

/* Adds an option to a variable that holds several. */
static void add_option(const char *variable, const char *option)
{
	const char *have = getenv(variable);
	char *list = must_format("%s%s%s", have != NULL ? have : "",
		have != NULL && *have != '\0' ? "," : "", option);

	set(variable, list);
	free(list);
}

void environment_add_option(const char *key, const char *value)
{
	char *option = must_format("%s=%s", key, value);

	add_option("GOALLOC", option);
	free(option);
}

void environment_set_rate(const char *value)
{
	uint64_t rate;
	char option[48];

	if (!args_try_size(value, &rate) || rate == 0 || rate > INT32_MAX)
		die_usage("bad --rate \"%s\": it is bytes, 1 or more, as 64KiB",
			value);
	snprintf(option, sizeof option, "memprofilerate=%lu", rate);
	add_option("GOALLOC_GODEBUG", option);
}

void environment_set(const struct environment *e, const char *command)
{
	if (e->gogc != NULL) {
		check_gogc(e->gogc);
		set("GOALLOC_GOGC", e->gogc);
	}
	if (e->memlimit != NULL)
		set_memlimit(e->memlimit);
	if (e->free != NULL) {
		check_free(e->free);
		environment_add_option("free", e->free);
	}
	if (e->profile != NULL) {
		if (e->profile[0] == '\0' || strchr(e->profile, ',') != NULL)
			die_usage("bad --profile \"%s\": it is what files' "
				  "names begin with, without a comma",
				e->profile);
		environment_add_option("profile", e->profile);
	}
	char *library = library_path(e->library, e->name);
	if (e->only != NULL)
		preload_only(e, library, command);
	else
		preload(library);
	free(library);
}

static void warn_about_kind(const char *path)
{
	switch (locate_program_kind(path)) {
	case LOCATE_STATIC:
		warn("%s is linked statically: the library does not reach it",
			path);
		break;
	case LOCATE_SECURE:
		warn("%s runs with more rights than you have: the loader "
		     "leaves the library out",
			path);
		break;
	case LOCATE_FOREIGN:
		warn("%s is for another kind of machine: the library does not "
		     "reach it",
			path);
		break;
	case LOCATE_DYNAMIC: break;
	}
}

void environment_exec(char **command)
{
	char *path;

	switch (locate_command(command[0], &path)) {
	case LOCATE_NOT_FOUND:
		die(STATUS_NOT_FOUND, "there is no command %s", command[0]);
	case LOCATE_NOT_RUNNABLE:
		die(STATUS_NOT_RUNNABLE, "%s may not be executed", path);
	case LOCATE_FOUND: break;
	}
	warn_about_kind(path);
	fflush(stdout);
	execvp(path, command); /* sh, for a script without its first line */
	die(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE,
		"cannot execute %s: %m", path);
}
