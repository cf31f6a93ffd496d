/* The kernel's own aio gives back what a request carried in aio_data. */
/* expect: limit, data of io_submit */
#include <linux/aio_abi.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

enum { NREQUESTS = 64, POLL_IN = 1 };

static aio_context_t context;

static void plant(void)
{
	int ends[2];

	if (syscall(SYS_io_setup, NREQUESTS, &context) != 0)
		_exit(NOT_HERE);
	check(pipe(ends) == 0);
	for (uint32_t i = 0; i < NREQUESTS; i++) {
		struct iocb request =
				    {
					    .aio_data = (uintptr_t)herd_add(
						    100 + i),
					    .aio_lio_opcode = IOCB_CMD_POLL,
					    .aio_fildes = (uint32_t)ends[0],
					    .aio_buf = POLL_IN,
				    },
			    *requests[] = {&request};
		check(syscall(SYS_io_submit, context, 1, requests) == 1);
	}
}

int main(void)
{
	return herd_run(plant);
}
