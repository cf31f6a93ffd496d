/*
 * sleeper: allocates, then waits until its input ends; says so if a call is
 * interrupted, if it sees a descriptor that is not its own, or if its handlers
 * or mask have changed.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOBJECTS = 2000, SIZE = 3000 };

static void *objects[NOBJECTS];

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return n;
}

static int count_handlers(void)
{
	struct sigaction action;
	int n = 0;

	for (int i = 1; i < NSIG; i++)
		n += sigaction(i, NULL, &action) == 0 &&
		     action.sa_handler != SIG_DFL &&
		     action.sa_handler != SIG_IGN;
	return n;
}

__attribute__((noinline)) static void keep_objects(void)
{
	for (int i = 0; i < NOBJECTS; i++)
		objects[i] = malloc(SIZE);
}

int main(void)
{
	struct pollfd input = {STDIN_FILENO, POLLIN, 0};
	int before = count_descriptors();

	keep_objects();
	printf("ready\n");
	fflush(stdout);
	while (poll(&input, 1, -1) < 0)
		printf("interrupted: %s\n", strerror(errno));
	if (count_descriptors() != before)
		printf("descriptors: %d, were %d\n", count_descriptors(),
			before);
	if (count_handlers() != 0)
		printf("handlers: %d\n", count_handlers());
	return 0;
}
