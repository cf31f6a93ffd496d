/*
 * sampler_spawn: fork, arrange, exec.
 *
 * A pipe that exec closes brings back the errno of whatever failed before
 * it.  stdin is a file, never the terminal: every run reads the same.
 *
 * Context:    the sampler.
 */
#include "cmd/sampler_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/sampler_trace.h"

static volatile pid_t spawned; /* its process group; 0: none */

void sampler_kill_command(void)
{
	if (spawned > 0)
		kill(-spawned, SIGKILL);
}

/* Opens path as fd. */
static bool redirect(int fd, const char *path, int flags)
{
	const int opened = open(path, flags, 0600);

	if (opened < 0 || dup2(opened, fd) < 0)
		return false;
	close(opened);
	return true;
}

static bool set_environment(const struct sampler_request *request)
{
	unsetenv("LD_PRELOAD");
	unsetenv("GOALLOC_PROBE");
	for (const char *e = request->env; *e != '\0'; e += strlen(e) + 1) {
		char *setting = strdup(e);
		if (setting == NULL || putenv(setting) != 0)
			return false;
	}
	return request->preload[0] == '\0' ||
	       setenv("LD_PRELOAD", request->preload, 1) == 0;
}

/* Waits for the tracer; without one the command runs all the same. */
static void spawn_meet_tracer(int go)
{
	char word = 'n';

	if (read(go, &word, 1) == 1 && word == 'y')
		sampler_trace_filter();
}

static void spawn_child(const struct sampler_request *request, char **command,
	int report, int go)
{
	const int write_to = O_WRONLY | O_CREAT | O_TRUNC;

	setpgid(0, 0);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (redirect(0, request->input, O_RDONLY) &&
		redirect(1, request->output, write_to) &&
		redirect(2, request->errors, write_to) &&
		set_environment(request)) {
		if (request->mode == SAMPLER_TRACED)
			spawn_meet_tracer(go);
		execvp(command[0], command);
	}

	const int error = errno;
	if (write(report, &error, sizeof error) < 0)
		_exit(126);
	_exit(127);
}

pid_t sampler_spawn(
	const struct sampler_request *request, char **command, int *error)
{
	int report[2];
	int go[2];

	*error = 0;
	if (pipe2(report, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0) {
		*error = errno;
		return -1;
	}
	const pid_t pid = fork();
	if (pid == 0)
		spawn_child(request, command, report[1], go[0]);
	spawned = pid;
	close(report[1]);
	close(go[0]);
	if (pid > 0 && request->mode == SAMPLER_TRACED) {
		const char *word = sampler_trace_seize(pid) ? "y" : "n";
		if (write(go[1], word, 1) != 1)
			kill(pid, SIGKILL);
	}
	close(go[1]);
	if (pid < 0)
		*error = errno;
	else if (read(report[0], error, sizeof *error) <= 0)
		*error = 0;
	close(report[0]);
	return *error == 0 ? pid : -1;
}
