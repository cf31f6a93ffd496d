/*
 * A program with one thread forks in a signal handler that interrupts malloc;
 * the child, still in the handler, allocates and exits.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "test/preload/check.h"

enum { FORKS = 150 };

static volatile sig_atomic_t nforks;

static void handle(int signal)
{
	const int saved_errno = errno;
	int status;

	(void)signal;
	if (nforks >= FORKS)
		return;
	pid_t pid = fork();
	check(pid >= 0);
	if (pid == 0) {
		/* glibc's own malloc is only promised to survive fork. */
		if (!on_glibc())
			for (size_t size = 1; size < 200000; size *= 3)
				free(realloc(malloc(size), size + 50));
		_exit(3);
	}
	check(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	check_cmp(WEXITSTATUS(status), ==, 3);
	nforks++;
	errno = saved_errno;
}

int main(void)
{
	const struct sigaction action = {.sa_handler = handle};
	const struct itimerval timer = {{0, 700}, {0, 700}};
	static void *slots[1000];
	unsigned n = 1;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (nforks < FORKS)
		for (int i = 0; i < 1000; i++) {
			n = n * 1103515245 + 12345;
			void **slot = &slots[(n >> 6) % 1000];
			free(*slot);
			*slot = malloc((n >> 8) % (n % 128 ? 500 : 90000));
			check(*slot != NULL);
		}
	return 0;
}
