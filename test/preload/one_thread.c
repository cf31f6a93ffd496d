/*
 * A program with one thread keeps one thread for as long as it may not have
 * another: before main, while it allocates, and when it goes into a user
 * namespace, which the kernel forbids a process with threads.
 */
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "test/preload/check.h"

static void use_heap(void)
{
	static void *blocks[20000];

	for (int i = 0; i < 20000; i++) {
		blocks[i] = malloc(1000);
		memset(blocks[i], 1, 1000);
	}
	for (int i = 0; i < 20000; i++)
		free(blocks[i]);
}

__attribute__((constructor)) static void before_main(void)
{
	use_heap();
	check_cmp(proc_threads(), ==, 1);
}

int main(void)
{
	int status;

	use_heap();
	check_cmp(proc_threads(), ==, 1);
	pid_t pid = fork();
	if (pid == 0) {
		use_heap();
		/* EPERM: forbidden to all; EINVAL: it has threads. */
		check(unshare(CLONE_NEWUSER) == 0 || errno == EPERM ||
			errno == ENOSPC);
		use_heap();
		check_cmp(proc_threads(), ==, 1);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid && status == 0);
	use_heap();
	check_cmp(proc_threads(), ==, 1);
	return 0;
}
