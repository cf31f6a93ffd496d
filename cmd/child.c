/*
 * child: see child.h.
 *
 * The environment is set in the child, so that ours stays as it was.  Where
 * that or the exec fails the child says so and ends with 125 to 127.
 *
 * Context:    one thread.
 */
#include "cmd/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/environment.h"
#include "cmd/say.h"

pid_t child_start(const struct environment *e, char **command)
{
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		die(STATUS_SETUP, "cannot start a process: %m");
	if (child == 0) {
		environment_set(e, command[0]);
		environment_exec(command);
	}
	signal(SIGINT, SIG_IGN); /* the command decides */
	signal(SIGQUIT, SIG_IGN);
	return child;
}

int child_wait(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die(STATUS_SETUP, "cannot wait for the command: %m");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}
