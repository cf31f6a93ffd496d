/*
 * As signal_in_malloc, with threads that exchange objects, so that handlers
 * also interrupt remote frees, refills and threads that wait for a lock.
 */
/* glibc: no, it deadlocks here, as POSIX lets it */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "test/preload/check.h"

enum { NTHREADS = 4, NSLOTS = 256, SECONDS = 2 };

static _Atomic(void *) slots[NSLOTS];
static atomic_bool stop;
static atomic_int nsignals;

/* Takes what is in the slot and leaves a new object that knows its size. */
static void exchange(unsigned n)
{
	const size_t size = 16 + n % 700 + (n % 97 == 0 ? 50000 : 0);
	size_t *p = malloc(size);

	check(p != NULL);
	p[0] = size;
	p[1] = ~size;
	memset(p + 2, (int)(size & 255), size - 16);
	size_t *old = atomic_exchange(&slots[n / 1024 % NSLOTS], p);
	if (old != NULL) {
		check(old[1] == ~old[0]);
		const unsigned char *bytes = (unsigned char *)(old + 2);
		for (size_t i = 0; i < old[0] - 16; i += 61)
			check(bytes[i] == (old[0] & 255));
	}
	free(old);
}

static void handle(int signal)
{
	static atomic_uint turn;
	const int saved_errno = errno;

	(void)signal;
	atomic_fetch_add(&nsignals, 1);
	for (int i = 0; i < 3; i++)
		exchange(atomic_fetch_add(&turn, 1) * 2654435761u);
	errno = saved_errno;
}

static void *work(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	while (!atomic_load(&stop)) {
		n = n * 1103515245 + 12345;
		exchange(n >> 2);
	}
	return NULL;
}

int main(void)
{
	const struct sigaction action = {.sa_handler = handle};
	const struct timespec pause_time = {0, 30000};
	pthread_t threads[NTHREADS];

	sigaction(SIGUSR1, &action, NULL);
	for (uintptr_t i = 0; i < NTHREADS; i++)
		check(pthread_create(
			      &threads[i], NULL, work, (void *)(i + 1)) == 0);
	for (time_t end = time(NULL) + SECONDS; time(NULL) < end;)
		for (int i = 0; i < NTHREADS; i++) {
			pthread_kill(threads[i], SIGUSR1);
			nanosleep(&pause_time, NULL);
		}
	atomic_store(&stop, true);
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < NSLOTS; i++)
		free(slots[i]);
	check_cmp(atomic_load(&nsignals), >, 20); /* thousands when idle */
	return 0;
}
