/* A handler's siginfo holds the value that sigqueue was given. */
#include <signal.h>

#include "test/gc/herd.h"

static void *found;

static void handle(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	scrub();
	herd_collect();
	found = info->si_value.sival_ptr;
}

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

int main(void)
{
	struct sigaction action = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

	herd_start();
	check(sigaction(SIGUSR1, &action, NULL) == 0);
	herd_plant(plant);
	const union sigval value = {.sival_ptr = herd_value()};
	check(sigqueue(getpid(), SIGUSR1, value) == 0);
	check(found == herd_value());
	return herd_end();
}
