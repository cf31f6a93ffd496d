/*
 * For fork_handlers.sh: forks while a second thread allocates, and checks that
 * the functions of fork_handlers_lib.c have run.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "test/preload/check.h"

enum { FORKS = 20, CALLS = 2 /* prepare and parent */ };

static atomic_bool stop;

static void *work(void *arg)
{
	while (!atomic_load(&stop))
		for (size_t size = 1; size < 100000; size *= 2)
			free(malloc(size));
	return arg;
}

int main(void)
{
	const int *ran = dlsym(RTLD_DEFAULT, "fork_handlers_ran");
	pthread_t thread;
	int status;

	check(pthread_create(&thread, NULL, work, NULL) == 0);
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			free(malloc(100));
			_exit(0);
		}
		check(waitpid(pid, &status, 0) == pid && status == 0);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	check(ran != NULL);
	check_cmp(*ran, ==, FORKS * CALLS);
	return 0;
}
