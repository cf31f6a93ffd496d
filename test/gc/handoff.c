/*
 * One thread allocates, others free, and cycles run all the time: what is
 * handed out again at once, in a span that the last sweep has not reached, is
 * a new object and no dead one.
 */
/* cases: one many */
/* control: no, every object is in use */
/* seconds: 60 */
#include <semaphore.h>
#include <time.h>

#include "test/gc/herd.h"

enum { QUEUE = 128, SIZE = 24, WORKERS = 4 };

static void *volatile queue[QUEUE]; /* the only pointers, as in a work list */
static sem_t filled, empty;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned first;
static bool stop;

static void check_object(const unsigned char *p)
{
	for (int i = 1; i < SIZE; i++)
		check_cmp(p[i], ==, (unsigned char)(p[0] + i));
}

static void *work(void *arg)
{
	for (;;) {
		check(sem_wait(&filled) == 0);
		check(pthread_mutex_lock(&lock) == 0);
		const unsigned slot = first++ % QUEUE;
		unsigned char *p = queue[slot];
		queue[slot] = NULL;
		check(pthread_mutex_unlock(&lock) == 0);
		if (p == NULL)
			return arg;
		check_object(p);
		free(p);
		check(sem_post(&empty) == 0);
	}
}

static void *collect_always(void *arg)
{
	while (!flag_is_set(&stop)) {
		gc_now();
		usleep(300);
	}
	return arg;
}

static void put(unsigned i, unsigned char *p)
{
	check(sem_wait(&empty) == 0);
	queue[i % QUEUE] = p;
	check(sem_post(&filled) == 0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned produce(double seconds)
{
	unsigned i = 0;

	for (const double end = now() + seconds; now() < end; i++) {
		unsigned char *p = malloc(SIZE);
		check(p != NULL);
		for (int j = 0; j < SIZE; j++)
			p[j] = (unsigned char)(i + (unsigned)j);
		put(i, p);
	}
	return i;
}

int main(int argc, char **argv)
{
	pthread_t collector, workers[WORKERS];

	check(argc == 2);
	const int n = strcmp(argv[1], "one") == 0 ? 1 : WORKERS;
	herd_start();
	check(sem_init(&filled, 0, 0) == 0 && sem_init(&empty, 0, QUEUE) == 0);
	check(pthread_create(&collector, NULL, collect_always, NULL) == 0);
	for (int i = 0; i < n; i++)
		check(pthread_create(&workers[i], NULL, work, NULL) == 0);
	unsigned made = produce(getenv("GOALLOC_TEST_LONG") ? 2 : 0.3);
	for (int i = 0; i < n; i++)
		put(made++, NULL);
	for (int i = 0; i < n; i++)
		check(pthread_join(workers[i], NULL) == 0);
	flag_set(&stop, true);
	check(pthread_join(collector, NULL) == 0);
	return 0;
}
