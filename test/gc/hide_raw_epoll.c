/* A pointer given to epoll by a bare system call. */
/* expect: limit, pointers given to the kernel by bare system calls */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "core/syscall.h"
#include "test/gc/herd.h"

static int poller, event;

static void plant(void)
{
	struct epoll_event e = {.events = EPOLLIN};

	poller = epoll_create1(0);
	event = eventfd(0, 0);
	e.data.ptr = herd_planted(HERD_USUAL);
	check(syscall4(SYS_epoll_ctl, poller, EPOLL_CTL_ADD, event, &e) == 0);
}

int main(void)
{
	return herd_run(plant);
}
