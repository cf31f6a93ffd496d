/* The value that comes with the signal that a message has arrived. */
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>

#include "test/gc/herd.h"

static void plant(void)
{
	struct sigevent e = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
	char name[40];

	snprintf(name, sizeof name, "/goalloc-test-%d", getpid());
	const mqd_t queue = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	if (queue == (mqd_t)-1)
		_exit(NOT_HERE);
	check(mq_unlink(name) == 0);
	e.sigev_value.sival_ptr = herd_planted(HERD_USUAL);
	check(mq_notify(queue, &e) == 0);
}

int main(void)
{
	return herd_run(plant);
}
