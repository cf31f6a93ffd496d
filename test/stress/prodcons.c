/*
 * prodcons: objects that one thread makes and another frees, with threads that
 * come and go.
 *
 *   producer --ring--> consumer --some--> attic --> whoever comes later
 *
 * A thread lives for a few thousand objects and ends, and its successor takes
 * over its ring.  What the dead producer made is then still in the ring or in
 * the attic, so it is freed after its owner died, and the spans it left half
 * full must be used again: memory may not grow with the number of threads.
 *
 * Locking: each ring has a mutex; the attic's slots are exchanged atomically.
 */
#include "stress.h"

enum {
	RING_SIZE = 512,
	ATTIC_SIZE = 2000,
	LIFE = 4000, /* objects that one thread handles */
};

struct object {
	size_t size;
	uint64_t id;
	unsigned char bytes[];
};

struct ring {
	pthread_mutex_t mutex;
	size_t head, tail; /* taken, put; the difference is what is inside */
	struct object *slots[RING_SIZE];
};

static struct ring rings[32];
static _Atomic(struct object *) attic[ATTIC_SIZE];
static atomic_ulong nobjects, ngenerations;
static atomic_bool producers_done;

static struct object *object_make(uint64_t *random)
{
	size_t size = random_below(random, 100) == 0
			      ? random_below(random, 100 << 10)
			      : random_below(random, 700);
	struct object *o = malloc(sizeof(*o) + size);

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
	o->size = 0;
	free(o);
	atomic_fetch_add_explicit(&nobjects, 1, memory_order_relaxed);
}

static bool ring_put(struct ring *r, struct object *o)
{
	pthread_mutex_lock(&r->mutex);
	bool room = r->tail - r->head < RING_SIZE;
	if (room)
		r->slots[r->tail++ % RING_SIZE] = o;
	pthread_mutex_unlock(&r->mutex);
	return room;
}

static struct object *ring_take(struct ring *r)
{
	struct object *o = NULL;

	pthread_mutex_lock(&r->mutex);
	if (r->head < r->tail)
		o = r->slots[r->head++ % RING_SIZE];
	pthread_mutex_unlock(&r->mutex);
	return o;
}

/* One producer's life: LIFE objects into its ring, then the end. */
static void *producer_run(void *number)
{
	struct ring *r = &rings[(int)(intptr_t)number % 32];
	uint64_t random = thread_seed((int)(intptr_t)number);

	for (int i = 0; i < LIFE && !time_is_up(); i++) {
		struct object *o = object_make(&random);
		while (!ring_put(r, o)) {
			if (time_is_up()) {
				object_end(o);
				return NULL;
			}
			sched_yield();
		}
	}
	return NULL;
}

static void *consumer_run(void *number)
{
	struct ring *r = &rings[(int)(intptr_t)number % 32];
	uint64_t random = thread_seed((int)(intptr_t)number + 1000000);

	for (int i = 0; i < LIFE; i++) {
		struct object *o = ring_take(r);
		if (o == NULL) {
			if (atomic_load(&producers_done))
				return NULL;
			sched_yield();
			continue;
		}
		if (random_below(&random, 5) == 0) {
			size_t slot = random_below(&random, ATTIC_SIZE);
			o = atomic_exchange(&attic[slot], o);
		}
		object_end(o);
	}
	return NULL;
}

/* Keeps one thread of a kind alive at ring (number % 32) until time is up. */
static void *lineage_run(void *number)
{
	int n = (int)(intptr_t)number;
	bool produces = n % 2 == 0;
	int ring = n / 2;

	for (int generation = 0;; generation++) {
		pthread_t thread;
		int name = ring + 32 * generation;
		bool over =
			produces ? time_is_up() : atomic_load(&producers_done);
		if (over)
			return NULL;
		must(pthread_create(&thread, NULL,
			     produces ? producer_run : consumer_run,
			     (void *)(intptr_t)name) == 0);
		must(pthread_join(thread, NULL) == 0);
		atomic_fetch_add(&ngenerations, 1);
	}
}

/* RSS in the first third is the measure of the rest; both are MiB. */
static void *memory_watch(void *unused)
{
	size_t early = 0, late = 0;
	int64_t begin = now_ns();
	int64_t third = begin + (stress.deadline - begin) / 3;

	(void)unused;
	while (!time_is_up()) {
		size_t *peak = now_ns() < third ? &early : &late;
		size_t rss = status_read("VmRSS") / 1024;
		if (rss > *peak)
			*peak = rss;
		usleep(20000);
	}
	atomic_store(&producers_done, true);
	if (late > early * 3 / 2 + 24)
		die("RSS grew from %zu to %zu MiB over %lu threads", early,
			late, atomic_load(&ngenerations));
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t watch, threads[32];
	int npairs;

	stress_start(argc, argv, "prodcons");
	npairs = stress.nthreads < 16 ? stress.nthreads : 16;
	for (int i = 0; i < 32; i++)
		pthread_mutex_init(&rings[i].mutex, NULL);
	must(pthread_create(&watch, NULL, memory_watch, NULL) == 0);
	for (int i = 0; i < npairs * 2; i++)
		must(pthread_create(&threads[i], NULL, lineage_run,
			     (void *)(intptr_t)i) == 0);
	for (int i = 0; i < npairs * 2; i++)
		pthread_join(threads[i], NULL);
	pthread_join(watch, NULL);
	for (int i = 0; i < 32; i++)
		for (struct object *o; (o = ring_take(&rings[i])) != NULL;)
			object_end(o);
	for (int i = 0; i < ATTIC_SIZE; i++)
		object_end(atomic_exchange(&attic[i], NULL));
	printf("%lu objects, %lu threads\n", atomic_load(&nobjects),
		atomic_load(&ngenerations));
	must(atomic_load(&nobjects) > 1000);
	return 0;
}
