/*
 * A signal handler that interrupts malloc and free at any instruction may
 * call them itself.  Nothing hangs, and no object is handed out twice.
 */
/* glibc: no, it deadlocks here, as POSIX lets it */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "test/preload/check.h"

enum { NSLOTS = 4096, HANDLER_SLOTS = 16, LARGEST = 3000 };

/* An object whose contents say where it belongs. */
struct slot {
	void *p;
	size_t size;
	unsigned seed;
};

static struct slot main_slots[NSLOTS], handler_slots[HANDLER_SLOTS];
static volatile sig_atomic_t nsignals;
static unsigned handler_turn;

static void slot_replace(struct slot *s, size_t size, unsigned seed)
{
	check(is_filled(s->p, s->size, s->seed));
	free(s->p);
	s->p = malloc(size);
	check(s->p != NULL);
	s->size = size;
	s->seed = seed;
	fill(s->p, size, seed);
}

static void handle(int signal)
{
	(void)signal;
	const int saved_errno = errno;

	nsignals++;
	for (int i = 0; i < 4; i++) {
		const unsigned n = handler_turn++;
		slot_replace(&handler_slots[n % HANDLER_SLOTS],
			n * 37 % LARGEST + (n % 50 == 0 ? 60000 : 0), n);
	}
	errno = saved_errno;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
	struct sigaction action = {.sa_handler = handle};
	const struct itimerval fast = {{0, 50}, {0, 50}}, off = {0};
	const double end = now() + 1.5;
	unsigned n = 1;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	while (now() < end)
		for (int i = 0; i < 200; i++) {
			n = n * 1103515245 + 12345;
			size_t size = n >> 8 & 1023;
			if ((n >> 20) % 64 == 0)
				size = (n >> 8) % 200000;
			slot_replace(&main_slots[(n >> 4) % NSLOTS], size, n);
		}
	setitimer(ITIMER_REAL, &off, NULL);

	for (int i = 0; i < NSLOTS; i++)
		slot_replace(&main_slots[i], 1, 0);
	for (int i = 0; i < HANDLER_SLOTS; i++)
		slot_replace(&handler_slots[i], 1, 0);
	check_cmp(nsignals, >, 20); /* thousands when idle */
	return 0;
}
