/*
 * GOMEMLIMIT where there is more garbage than it allows: what is resident
 * stays below the limit and a twentieth.  Small objects of one class, of all
 * classes with a class at a time growing large, large objects, all of these
 * by several threads; and a heap that falls to nothing and comes back.
 */
/* cases: one_class classes phases large threads breath */
/* control: no, it keeps what it can reach and counts bytes */
/* glibc: no, GOMEMLIMIT means nothing to it */
/* env: GODEBUG=gccheckmark=0,clobberfree=0 GOMEMLIMIT=100MiB GOGC=10000 */
/* seconds: 60 */
#include "test/gc/herd.h"

enum {
	LIMIT = 100 << 20,
	MARGIN = LIMIT / 20,
	RING = 24 << 20,     /* bytes that each program keeps */
	GARBAGE = 600 << 20, /* bytes that it allocates in all */
	SLOTS = 1 << 16,     /* of the ring */
	NTHREADS = 3,
	LARGE_MAX = 6 << 20,
};

/* What a thread keeps: the last objects that it made. */
struct ring {
	void **slots;
	size_t *sizes;
	size_t first, n, bytes; /* of the ring */
	size_t keep;            /* bytes, at most */
	uint64_t random;
};

static size_t ring_random(struct ring *r, size_t n)
{
	r->random = r->random * UINT64_C(6364136223846793005) + 1442695041;
	return (size_t)(r->random >> 33) % n;
}

static void ring_start(struct ring *r, size_t keep)
{
	r->slots = calloc(SLOTS, sizeof *r->slots);
	r->sizes = calloc(SLOTS, sizeof *r->sizes);
	check(r->slots != NULL && r->sizes != NULL);
	r->keep = keep;
}

/* The oldest is let go; without a collector it is freed. */
static void ring_drop(struct ring *r)
{
	const size_t i = r->first++ % SLOTS;

	check(*(size_t *)r->slots[i] == r->sizes[i]);
	if (!gc_is_on())
		free(r->slots[i]);
	r->slots[i] = NULL;
	r->bytes -= r->sizes[i];
	r->n--;
}

static void ring_add(struct ring *r, size_t size)
{
	char *p = malloc(size);

	check(p != NULL);
	memset(p, 0x2a, size);
	*(size_t *)(void *)p = size;
	while (r->n > 0 && (r->n == SLOTS || r->bytes + size > r->keep))
		ring_drop(r);
	const size_t i = (r->first + r->n++) % SLOTS;
	r->slots[i] = p;
	r->sizes[i] = size;
	r->bytes += size;
}

static size_t one_class(struct ring *r, size_t done)
{
	(void)r, (void)done;
	return 500;
}

static size_t classes(struct ring *r, size_t done)
{
	(void)done;
	return 16 + (ring_random(r, 4) == 0 ? ring_random(r, 30000)
					    : ring_random(r, 500));
}

/* Another size every 40 MiB, and one in fifty of any. */
static size_t phases(struct ring *r, size_t done)
{
	static const size_t sizes[] = {32, 3000, 100, 9000, 48, 700, 20000};

	if (ring_random(r, 50) == 0)
		return 16 + ring_random(r, 1000);
	return sizes[done / (40 << 20) % (sizeof sizes / sizeof sizes[0])];
}

static size_t large(struct ring *r, size_t done)
{
	(void)done;
	return 40000 + ring_random(r, LARGE_MAX);
}

struct job {
	size_t (*size)(struct ring *r, size_t done);
	size_t keep, garbage;
	uint64_t random;
};

static void *work(void *arg)
{
	const struct job *job = arg;
	struct ring *r = calloc(1, sizeof *r);

	check(r != NULL);
	ring_start(r, job->keep);
	r->random = job->random;
	for (size_t done = 0; done < job->garbage;) {
		const size_t size = job->size(r, done);
		ring_add(r, size);
		done += size;
	}
	while (r->n > 0)
		ring_drop(r);
	return NULL;
}

static void threads(void)
{
	static struct job jobs[NTHREADS] = {
		{classes, RING / NTHREADS, GARBAGE / NTHREADS, 1},
		{phases, RING / NTHREADS, GARBAGE / NTHREADS, 2},
		{large, RING / NTHREADS, GARBAGE / NTHREADS, 3},
	};
	pthread_t ids[NTHREADS];

	for (int i = 0; i < NTHREADS; i++)
		check(pthread_create(&ids[i], NULL, work, &jobs[i]) == 0);
	for (int i = 0; i < NTHREADS; i++)
		check(pthread_join(ids[i], NULL) == 0);
}

static void one(size_t (*size)(struct ring *r, size_t done))
{
	struct job job = {size, RING, GARBAGE, 7};

	work(&job);
}

/* Half of the limit, nothing, half of the limit in another class. */
static void breath(void)
{
	for (int i = 0; i < 4; i++) {
		struct job job = {i % 2 == 0 ? classes : large, LIMIT / 2,
			GARBAGE / 4, 11 + (uint64_t)i};
		work(&job);
	}
}

/* Of /proc/self/status, in bytes: the most that was ever resident. */
static size_t peak_resident(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[200];
	size_t kib = 0;

	check(file != NULL);
	while (fgets(line, sizeof line, file) != NULL)
		sscanf(line, "VmHWM: %zu", &kib);
	fclose(file);
	return kib << 10;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "one_class";

	herd_start();
	if (strcmp(what, "one_class") == 0)
		one(one_class);
	else if (strcmp(what, "classes") == 0)
		one(classes);
	else if (strcmp(what, "phases") == 0)
		one(phases);
	else if (strcmp(what, "large") == 0)
		one(large);
	else if (strcmp(what, "threads") == 0)
		threads();
	else if (strcmp(what, "breath") == 0)
		breath();
	else
		check(false);
	if (gc_is_on()) {
		check_cmp(peak_resident(), <=, LIMIT + MARGIN);
		check_cmp(gc_cycles_done() - herd_cycles, >=, 3);
	}
	return 0;
}
