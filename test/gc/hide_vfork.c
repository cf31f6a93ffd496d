/*
 * A vfork child runs on the memory of its parent, whose thread waits in the
 * kernel and answers no signal.  The others go on, and so does the collector,
 * or it waits for the child to be gone.
 */
/* control: no, nothing need be reclaimed meanwhile */
#include <sys/wait.h>

#include "test/gc/herd.h"

static void *found;
static pid_t child;

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

static void *fork_and_hold(void *arg)
{
	void *volatile place = herd_value();

	clear_registers();
	child = vfork();
	if (child == 0) {
		hold_spinning();
		_exit(place == herd_value() ? 0 : 1);
	}
	found = place;
	return arg;
}

int main(void)
{
	pthread_t id;
	int status;

	herd_start();
	herd_plant(plant);
	check(pthread_create(&id, NULL, fork_and_hold, NULL) == 0);
	herd_collect_while_held();
	check(pthread_join(id, NULL) == 0);
	check(waitpid(child, &status, 0) == child && status == 0);
	check(found == herd_value());
	check_cmp(herd_lost(), ==, 0);
	herd_ask_sizes();
	herd_asked = 0;
	herd_collect();
	return herd_end();
}
