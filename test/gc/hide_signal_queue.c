/* sigqueue: pointers in signals that are blocked and wait. */
#include <signal.h>

#include "test/gc/herd.h"

static void plant(void)
{
	sigset_t set;

	check(sigemptyset(&set) == 0 && sigaddset(&set, SIGRTMIN + 3) == 0);
	check(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		const union sigval value = {
			.sival_ptr = planted(herd_add(16 + i))};
		check(sigqueue(getpid(), SIGRTMIN + 3, value) == 0);
	}
}

int main(void)
{
	return herd_run(plant);
}
