/*
 * execs: every way to start a program, for goalloc run --only execs.
 *
 *	execs FOLDER     starts FOLDER/execs and ./other in each way; both are
 *	                 this program, and tell whether they have the library
 *	execs            exits 0 if it has the library, 1 if not
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_library(void)
{
	char line[4096];
	bool found = false;
	FILE *in = fopen("/proc/self/maps", "r");

	while (in != NULL && fgets(line, sizeof line, in) != NULL)
		if (strstr(line, "/libgoalloc.so\n") != NULL)
			found = true;
	return found;
}

static void by_execve(const char *path, char **argv)
{
	execve(path, argv, environ);
}

static void by_execv(const char *path, char **argv)
{
	execv(path, argv);
}

static void by_execvp(const char *path, char **argv)
{
	execvp(path, argv);
}

static void by_execvpe(const char *path, char **argv)
{
	execvpe(path, argv, environ);
}

static void by_execl(const char *path, char **argv)
{
	execl(path, argv[0], (char *)NULL);
}

static void by_execlp(const char *path, char **argv)
{
	execlp(path, argv[0], (char *)NULL);
}

static void by_execle(const char *path, char **argv)
{
	execle(path, argv[0], (char *)NULL, environ);
}

static void by_fexecve(const char *path, char **argv)
{
	fexecve(open(path, O_RDONLY), argv, environ);
}

static void by_execveat(const char *path, char **argv)
{
	execveat(AT_FDCWD, path, argv, environ, 0);
}

static void by_execveat_fd(const char *path, char **argv)
{
	execveat(open(path, O_RDONLY), "", argv, environ, AT_EMPTY_PATH);
}

static void exit_as(pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

static void by_posix_spawn(const char *path, char **argv)
{
	pid_t child;

	if (posix_spawn(&child, path, NULL, NULL, argv, environ) == 0)
		exit_as(child);
}

static void by_posix_spawnp(const char *path, char **argv)
{
	pid_t child;

	if (posix_spawnp(&child, path, NULL, NULL, argv, environ) == 0)
		exit_as(child);
}

static void by_vfork(const char *path, char **argv)
{
	pid_t child = vfork();

	if (child == 0) {
		execve(path, argv, environ);
		_exit(2);
	}
	exit_as(child);
}

static void by_system(const char *path, char **argv)
{
	int status = system(path);

	(void)argv;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

static void by_popen(const char *path, char **argv)
{
	int status = pclose(popen(path, "r"));

	(void)argv;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

static const struct {
	const char *name;
	void (*start)(const char *path, char **argv);
} ways[] = {
	{"execve", by_execve},
	{"execv", by_execv},
	{"execvp", by_execvp},
	{"execvpe", by_execvpe},
	{"execl", by_execl},
	{"execlp", by_execlp},
	{"execle", by_execle},
	{"fexecve", by_fexecve},
	{"execveat", by_execveat},
	{"execveat of a descriptor", by_execveat_fd},
	{"posix_spawn", by_posix_spawn},
	{"posix_spawnp", by_posix_spawnp},
	{"vfork", by_vfork},
	{"system", by_system},
	{"popen", by_popen},
};

/* The exit status of path, started in this way. */
static int start(size_t way, const char *path)
{
	char name[] = "execs";
	char *argv[] = {name, NULL};
	int status = 0;

	pid_t child = fork();
	if (child == 0) {
		ways[way].start(path, argv);
		_exit(2);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

int main(int argc, char **argv)
{
	char meant[4096];
	int wrong = 0;

	if (argc < 2)
		return has_library() ? 0 : 1;
	snprintf(meant, sizeof meant, "%s/execs", argv[1]);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		int with = start(i, meant), without = start(i, "./other");
		if (with == 0 && without == 1)
			continue;
		printf("%s: %d for the program meant, %d for another\n",
			ways[i].name, with, without);
		wrong = 1;
	}
	return wrong;
}
