/*
 * startup: how long a short command takes under each of several preloads.
 *
 *	startup NROUNDS COMMAND PRELOAD...
 *
 * A PRELOAD is a path, or - for none.  Each round runs the command once under
 * each, one after the other, and prints one line with the wall time of each
 * in nanoseconds, in the order given.  Children are made by posix_spawn from
 * this small static program, so the time is the kernel's exec, ld.so and the
 * command, not the copying of a big parent.
 */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PRELOADS = 8 };

static void startup_die(const char *what)
{
	fprintf(stderr, "startup: %s\n", what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Runs command once with the given environment; returns the wall time. */
static int64_t startup_run(char *command, char **env)
{
	char *argv[] = {command, NULL};
	const int64_t start = now_ns();
	int status;
	int pid;

	errno = posix_spawn(&pid, command, NULL, NULL, argv, env);
	if (errno != 0)
		startup_die(strerror(errno));
	if (waitpid(pid, &status, 0) != pid || status != 0)
		startup_die("the command failed");
	return now_ns() - start;
}

int main(int argc, char **argv)
{
	static char settings[MAX_PRELOADS][4096];
	char *envs[MAX_PRELOADS][2] = {{NULL}};
	const int npreloads = argc - 3;

	if (npreloads < 1 || npreloads > MAX_PRELOADS)
		startup_die("usage: startup NROUNDS COMMAND PRELOAD...");
	for (int i = 0; i < npreloads; i++) {
		if (strcmp(argv[3 + i], "-") == 0)
			continue;
		snprintf(settings[i], sizeof(settings[i]), "LD_PRELOAD=%s",
			argv[3 + i]);
		envs[i][0] = settings[i];
	}
	for (int round = 0; round < atoi(argv[1]); round++)
		for (int i = 0; i < npreloads; i++)
			printf("%" PRId64 "%c", startup_run(argv[2], envs[i]),
				i + 1 < npreloads ? ' ' : '\n');
	return 0;
}
