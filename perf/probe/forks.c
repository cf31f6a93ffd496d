/*
 * forks: fork again and again while eight threads allocate.
 *
 *	forks NFORKS
 *
 * Each child allocates, frees and exits; the parent waits for it before the
 * next fork.  A child that has not ended after ten seconds hangs on a lock
 * that another thread held at the fork: it is killed and counted.  Prints
 * the number of hangs and the nanoseconds that all forks took.
 */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../draw.h"

enum {
	FORKS_NTHREADS = 8,
	FORKS_NLIVE = 200,     /* blocks alive per thread */
	FORKS_CHILD_NOPS = 20, /* blocks each child allocates */
	FORKS_HANG_MS = 10 * 1000,
};

static _Atomic bool forks_is_over;

static void forks_die(const char *what)
{
	fprintf(stderr, "forks: %s\n", what);
	exit(1);
}

static void *forks_run_thread(void *arg)
{
	void *live[FORKS_NLIVE] = {NULL};
	struct draw d = {(uintptr_t)arg};

	while (!atomic_load_explicit(&forks_is_over, memory_order_relaxed)) {
		const size_t victim = draw_below(&d, FORKS_NLIVE);

		free(live[victim]);
		live[victim] = malloc(draw_small_size(&d));
	}
	for (int i = 0; i < FORKS_NLIVE; i++)
		free(live[i]);
	return NULL;
}

static void forks_run_child(void)
{
	void *blocks[FORKS_CHILD_NOPS];

	for (size_t i = 0; i < FORKS_CHILD_NOPS; i++) {
		blocks[i] = malloc(16 << i % 12);
		if (blocks[i] == NULL)
			_exit(2);
	}
	for (int i = 0; i < FORKS_CHILD_NOPS; i++)
		free(blocks[i]);
	_exit(0);
}

/* Forks once; says whether the child had to be killed. */
static bool forks_fork_hangs(void)
{
	int status;
	const int pid = fork();

	if (pid < 0)
		forks_die("fork failed");
	if (pid == 0)
		forks_run_child();
	struct pollfd fd = {
		.fd = (int)syscall(SYS_pidfd_open, pid, 0),
		.events = POLLIN,
	};
	const bool hangs = poll(&fd, 1, FORKS_HANG_MS) == 0;
	if (hangs)
		kill(pid, SIGKILL);
	close(fd.fd);
	if (waitpid(pid, &status, 0) != pid || (!hangs && status != 0))
		forks_die("a child failed");
	return hangs;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
	pthread_t threads[FORKS_NTHREADS];
	const int nforks = argc > 1 ? atoi(argv[1]) : 2000;
	int nhangs = 0;

	for (uintptr_t i = 0; i < FORKS_NTHREADS; i++) {
		void *arg = (char *)NULL + i;

		if (pthread_create(&threads[i], NULL, forks_run_thread, arg))
			forks_die("cannot start a thread");
	}
	const int64_t start = now_ns();
	for (int i = 0; i < nforks; i++)
		nhangs += forks_fork_hangs();
	const int64_t took = now_ns() - start;
	atomic_store_explicit(&forks_is_over, true, memory_order_relaxed);
	for (int i = 0; i < FORKS_NTHREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d %" PRId64 "\n", nhangs, took);
	return 0;
}
