/* A child process keeps the only pointers, and sends them back later. */
/* expect: limit, pointers in another process */
#include <signal.h>
#include <sys/wait.h>

#include "test/gc/herd.h"

static pid_t child;
static void *volatile kept[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		kept[i] = herd_add(16 + i);
	child = fork();
	check(child >= 0);
	if (child == 0) {
		pause();
		_exit(0);
	}
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		kept[i] = NULL;
}

int main(void)
{
	const int status = herd_run(plant);

	check(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	return status;
}
