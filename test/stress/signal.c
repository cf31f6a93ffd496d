/*
 * signal: a handler that calls malloc, realloc and free while what it
 * interrupts is doing the same.
 *
 * POSIX does not promise that this works; this library does.  Each thread,
 * main included, has a timer of its own that signals it every 100-250 us of
 * its life.  The handler owns a table of its thread's objects of several
 * classes and large ones, checks, frees, resizes and makes them.  It also
 * frees objects that the interrupted code gave it, and the other way round.
 *
 * Invariants: the handler's table is touched by the handler only; a hand-over
 *             slot is exchanged atomically.  A thread's handler does not
 *             interrupt itself, as its signal is blocked while it runs.
 */
#include "stress.h"

#include <sys/syscall.h>

enum {
	NHANDLER_OBJECTS = 48,
	NOWN_OBJECTS = 300,
	NGIVEN = 16,
	TIMER_SIGNAL = SIGALRM,
};

struct object {
	size_t size;
	uint64_t id;
	unsigned char bytes[];
};

struct worker {
	uint64_t random, handler_random;
	unsigned long nsignals;
	struct object *own[NOWN_OBJECTS];
	struct object *handlers[NHANDLER_OBJECTS];
	_Atomic(struct object *) given[NGIVEN]; /* either side takes and puts */
};

static _Thread_local struct worker *volatile current;
static atomic_ulong nsignals_total, nsteps_total;

/* Small classes, medium ones, and large objects beyond 32 KiB. */
static size_t size_pick(uint64_t *random)
{
	static const size_t limits[] = {
		16, 64, 200, 600, 1500, 5000, 30000, 200000};
	size_t kind = random_below(random, 40);

	return random_below(random, limits[kind < 33 ? kind % 6 : kind % 8]);
}

static struct object *object_make(uint64_t *random)
{
	size_t size = size_pick(random);
	struct object *o = random_below(random, 4) == 0
				   ? calloc(1, sizeof(*o) + size)
				   : malloc(sizeof(*o) + size);

	must(o != NULL);
	o->size = size;
	o->id = random_next(random);
	object_fill(o->bytes, size, o->id);
	return o;
}

static void object_end(struct object *o)
{
	if (o == NULL)
		return;
	object_check(o->bytes, o->size, o->size, o->id);
	free(o);
}

static struct object *object_resize(struct object *o, uint64_t *random)
{
	size_t size = size_pick(random), old = o->size;

	o = realloc(o, sizeof(*o) + size);
	must(o != NULL);
	object_check(o->bytes, old, old < size ? old : size, o->id);
	o->size = size;
	object_fill(o->bytes, size, o->id);
	return o;
}

/* One step on a table of n objects; the same for handler and thread. */
static void table_step(
	struct worker *w, struct object **table, size_t n, uint64_t *random)
{
	struct object **slot = &table[random_below(random, n)];
	size_t choice = random_below(random, 10);

	if (choice == 0) {
		struct object *o = *slot;
		*slot = NULL;
		o = atomic_exchange(&w->given[random_below(random, NGIVEN)], o);
		object_end(o);
	} else if (*slot == NULL) {
		*slot = object_make(random);
	} else if (choice < 6) {
		object_end(*slot);
		*slot = NULL;
	} else {
		*slot = object_resize(*slot, random);
	}
}

static void handler(int sig)
{
	struct worker *w = current;
	int saved_errno = errno;

	(void)sig;
	if (w == NULL)
		return;
	w->nsignals++;
	for (int i = 0; i < 4; i++)
		table_step(
			w, w->handlers, NHANDLER_OBJECTS, &w->handler_random);
	errno = saved_errno;
}

static timer_t timer_start(long us)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = TIMER_SIGNAL,
	};
	struct itimerspec when = {
		.it_value.tv_nsec = us * 1000,
		.it_interval.tv_nsec = us * 1000,
	};
	timer_t timer;

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	must(timer_settime(timer, 0, &when, NULL) == 0);
	return timer;
}

static void worker_end(struct worker *w)
{
	for (int i = 0; i < NOWN_OBJECTS; i++)
		object_end(w->own[i]);
	for (int i = 0; i < NHANDLER_OBJECTS; i++)
		object_end(w->handlers[i]);
	for (int i = 0; i < NGIVEN; i++)
		object_end(atomic_exchange(&w->given[i], NULL));
	atomic_fetch_add(&nsignals_total, w->nsignals);
	free(w);
}

static void *worker_run(void *number)
{
	int n = (int)(intptr_t)number;
	struct worker *w = calloc(1, sizeof(*w));
	unsigned long nsteps = 0;
	sigset_t set;

	must(w != NULL);
	w->random = thread_seed(n);
	w->handler_random = thread_seed(n + 1000);
	current = w;
	timer_t timer = timer_start(100 + 50 * (n % 4));
	while (nsteps++ % 256 != 0 || !time_is_up())
		table_step(w, w->own, NOWN_OBJECTS, &w->random);

	sigemptyset(&set);
	sigaddset(&set, TIMER_SIGNAL);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	timer_delete(timer);
	current = NULL;
	worker_end(w);
	atomic_fetch_add(&nsteps_total, nsteps);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = handler};
	pthread_t threads[64];

	stress_start(argc, argv, "signal");
	must(stress.nthreads <= 64);
	action.sa_flags = SA_RESTART;
	must(sigaction(TIMER_SIGNAL, &action, NULL) == 0);
	for (int i = 1; i < stress.nthreads; i++)
		must(pthread_create(&threads[i], NULL, worker_run,
			     (void *)(intptr_t)i) == 0);
	worker_run((void *)0);
	for (int i = 1; i < stress.nthreads; i++)
		must(pthread_join(threads[i], NULL) == 0);
	printf("%lu signals in %lu steps\n", atomic_load(&nsignals_total),
		atomic_load(&nsteps_total));
	must(atomic_load(&nsignals_total) > 100);
	return 0;
}
