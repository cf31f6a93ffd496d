/*
 * The child of a fork in a program whose other threads are inside malloc can
 * allocate, and can free what any thread of its parent had allocated.
 *
 * The child touches only what lay still during the fork: memory that a thread
 * of the parent changes meanwhile is copied page by page, each page at another
 * moment.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "test/preload/check.h"

enum { NTHREADS = 6, FORKS = 30, NSLOTS = 512 };

static void *kept[NTHREADS][NSLOTS]; /* made by a thread, then left alone */
static _Atomic(void *) slots[NSLOTS];
static atomic_bool stop;
static pthread_barrier_t all_kept;

static size_t kept_size(int i)
{
	return (size_t)(i * 37 % (i % 64 ? 600 : 50000));
}

/* Between the kept objects lie free ones, which the threads use. */
static void keep(int thread)
{
	void *gaps[NSLOTS];

	for (int i = 0; i < NSLOTS; i++) {
		kept[thread][i] = malloc(kept_size(i));
		gaps[i] = malloc(kept_size(i));
		check(kept[thread][i] != NULL && gaps[i] != NULL);
		fill(kept[thread][i], kept_size(i), (unsigned)i);
	}
	for (int i = 0; i < NSLOTS; i++)
		free(gaps[i]);
}

static void *work(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg + 1;

	keep((int)(uintptr_t)arg);
	pthread_barrier_wait(&all_kept);
	while (!atomic_load(&stop)) {
		n = n * 1103515245 + 12345;
		void *p = malloc((n >> 8) % (n % 64 ? 600 : 100000));
		check(p != NULL);
		free(atomic_exchange(&slots[n / 4096 % NSLOTS], p));
	}
	return NULL;
}

static void *child_thread(void *arg)
{
	free(arg);
	return malloc(1000);
}

static void child(void)
{
	pthread_t id;
	void *result;

	alarm(8);
	for (int i = 0; i < NTHREADS * NSLOTS; i++) {
		void *p = kept[i % NTHREADS][i / NTHREADS];
		const int n = i / NTHREADS;
		check(is_filled(p, kept_size(n), (unsigned)n));
		free(p);
	}
	for (size_t size = 1; size < 1 << 20; size = size * 3 + 1) {
		void *p = calloc(1, size);
		check(p != NULL && is_zero(p, size));
		p = realloc(p, size * 2);
		check(p != NULL && is_zero(p, size));
		free(p);
	}
	check(pthread_create(&id, NULL, child_thread, malloc(64)) == 0);
	check(pthread_join(id, &result) == 0 && result != NULL);
	free(result);
	exit(3);
}

int main(void)
{
	pthread_t threads[NTHREADS];
	int status;

	check(pthread_barrier_init(&all_kept, NULL, NTHREADS + 1) == 0);
	for (uintptr_t i = 0; i < NTHREADS; i++)
		check(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
	pthread_barrier_wait(&all_kept);
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();
		check(pid >= 0);
		if (pid == 0)
			child();
		check(waitpid(pid, &status, 0) == pid);
		check(WIFEXITED(status));
		check_cmp(WEXITSTATUS(status), ==, 3);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
