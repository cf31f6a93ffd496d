/*
 * oom: threads run out of memory together, and the heap goes on.
 *
 *   fill until NULL -> check all -> free half -> allocate again -> free all
 *   -> blocks of 1 MiB must be had
 *
 * Three rounds: RLIMIT_DATA set in the process, RLIMIT_AS set in the process,
 * and RLIMIT_AS set before exec, so that the library starts under it.  Address
 * space that was reserved before a limit came is still there afterwards, so
 * the second round may end by its budget and not by NULL.
 */
#include "stress.h"

#include <sys/resource.h>
#include <sys/wait.h>

enum {
	LIMIT = 256 << 20,  /* bytes above what is in use at the start */
	BUDGET = 600 << 20, /* a limit that is not felt must not fill memory */
	TABLE_SIZE = 150000,
	FAILURES = 60, /* one after the other: really out of memory */
};

struct object {
	void *p;
	size_t size;
	uint64_t id;
};

struct worker {
	uint64_t random;
	size_t nobjects;
	struct object *table;
};

static struct worker *workers;
static pthread_barrier_t barrier;
static atomic_size_t allocated;
static atomic_ulong nfailed;

static size_t size_pick(uint64_t *random)
{
	size_t kind = random_below(random, 100);

	if (kind < 60)
		return random_below(random, 2000) + 1;
	return random_below(random, kind < 98 ? 30 << 10 : 4 << 20) + 1;
}

/* False when there was no memory. */
static bool object_make(struct worker *w, size_t size)
{
	struct object *o = &w->table[w->nobjects];

	errno = 0;
	o->p = random_below(&w->random, 8) == 0 ? calloc(1, size)
						: malloc(size);
	if (o->p == NULL) {
		must(errno == ENOMEM);
		atomic_fetch_add(&nfailed, 1);
		return false;
	}
	o->size = size;
	o->id = random_next(&w->random);
	object_fill(o->p, size, o->id);
	w->nobjects++;
	atomic_fetch_add(&allocated, size);
	return true;
}

/* A failed realloc leaves the object as it was; one that works keeps it. */
static void object_grow(struct object *o)
{
	size_t size = o->size * 2 + (1 << 20);

	errno = 0;
	void *p = realloc(o->p, size);
	if (p == NULL) {
		must(errno == ENOMEM);
		atomic_fetch_add(&nfailed, 1);
		object_check(o->p, o->size, o->size, o->id);
		return;
	}
	object_check(p, o->size, o->size, o->id);
	atomic_fetch_add(&allocated, size - o->size);
	o->p = p;
	o->size = size;
	object_fill(p, size, o->id);
}

static void worker_fill(struct worker *w)
{
	int nfailures = 0;

	while (nfailures < FAILURES && w->nobjects < TABLE_SIZE &&
		atomic_load(&allocated) < BUDGET) {
		if (!object_make(w, size_pick(&w->random)))
			nfailures++;
		else if (random_below(&w->random, 500) == 0)
			object_grow(&w->table[random_below(
				&w->random, w->nobjects)]);
	}
}

static void worker_check(struct worker *w)
{
	for (size_t i = 0; i < w->nobjects; i++) {
		struct object *o = &w->table[i];
		object_check(o->p, o->size, o->size, o->id);
	}
}

/* Frees the objects of odd number and asks for the small ones' sizes again. */
static void worker_recover(struct worker *w)
{
	size_t kept = 0, nsmall = 0, nagain = 0;
	size_t *sizes = (size_t *)(w->table + TABLE_SIZE);

	for (size_t i = 0; i < w->nobjects; i++) {
		struct object *o = &w->table[i];
		if (i % 2 == 0) {
			w->table[kept++] = *o;
			continue;
		}
		if (o->size <= 1024)
			sizes[nsmall++] = o->size;
		free(o->p);
		atomic_fetch_sub(&allocated, o->size);
	}
	w->nobjects = kept;
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < nsmall; i++)
		nagain += object_make(w, sizes[i]);
	if (nagain < nsmall - nsmall / 20)
		die("%zu of %zu freed small objects could be had again", nagain,
			nsmall);
}

static void worker_empty(struct worker *w)
{
	while (w->nobjects > 0) {
		struct object *o = &w->table[--w->nobjects];
		object_check(o->p, o->size, o->size, o->id);
		free(o->p);
		atomic_fetch_sub(&allocated, o->size);
	}
}

static void *worker_run(void *number)
{
	struct worker *w = &workers[(intptr_t)number];

	w->random = thread_seed((int)(intptr_t)number);
	pthread_barrier_wait(&barrier); /* main sets the limit */
	pthread_barrier_wait(&barrier);
	worker_fill(w);
	pthread_barrier_wait(&barrier);
	worker_check(w);
	worker_recover(w);
	worker_check(w);
	pthread_barrier_wait(&barrier);
	worker_empty(w);
	pthread_barrier_wait(&barrier);
	/*
	 * The caches of four threads lie scattered over a heap that was full,
	 * so the blocks are no larger than what fits between them.
	 */
	for (int i = 0; i < 32; i++)
		if (!object_make(w, 1 << 20))
			die("1 MiB cannot be had in an empty heap");
	worker_empty(w);
	return NULL;
}

static void limit_set(int resource, const char *now)
{
	struct rlimit limit;

	must(getrlimit(resource, &limit) == 0);
	limit.rlim_cur = (rlim_t)status_read(now) * 1024 + LIMIT;
	must(setrlimit(resource, &limit) == 0);
}

/* One round; resource is -1 when the limit is there already. */
static void round_run(int resource, const char *now, bool must_fail)
{
	pthread_t threads[64];

	atomic_store(&nfailed, 0);
	must(pthread_barrier_init(
		     &barrier, NULL, (unsigned)stress.nthreads + 1) == 0);
	for (int i = 0; i < stress.nthreads; i++)
		must(pthread_create(&threads[i], NULL, worker_run,
			     (void *)(intptr_t)i) == 0);
	pthread_barrier_wait(&barrier);
	if (resource >= 0)
		limit_set(resource, now);
	for (int i = 0; i < 5; i++)
		pthread_barrier_wait(&barrier);
	for (int i = 0; i < stress.nthreads; i++)
		must(pthread_join(threads[i], NULL) == 0);
	printf("%s: %lu times no memory\n", resource < 0 ? "exec" : now,
		atomic_load(&nfailed));
	fflush(stdout);
	if (must_fail && atomic_load(&nfailed) == 0)
		die("the limit was not felt");
}

/* In a process of its own, as a limit stays for good. */
static void round_fork(int resource, const char *now, bool must_fail)
{
	int status;
	pid_t pid = fork();

	must(pid >= 0);
	if (pid == 0) {
		hang_timer_start(60);
		round_run(resource, now, must_fail);
		exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		die("round %s ended with status %#x", now, status);
}

static void round_exec(char **argv)
{
	struct rlimit limit;
	int status;
	pid_t pid = fork();

	must(pid >= 0);
	if (pid == 0) {
		char seed[32];
		char *args[] = {argv[0], (char *)"-s", seed, NULL};
		snprintf(seed, sizeof(seed), "%llu",
			(unsigned long long)stress.seed);
		must(getrlimit(RLIMIT_AS, &limit) == 0);
		limit.rlim_cur = LIMIT + (64 << 20);
		must(setrlimit(RLIMIT_AS, &limit) == 0);
		setenv("STRESS_OOM_EXEC", "1", 1);
		execv("/proc/self/exe", args);
		die("execv: errno %d", errno);
	}
	must(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		die("round exec ended with status %#x", status);
}

int main(int argc, char **argv)
{
	size_t size = TABLE_SIZE * (sizeof(struct object) + sizeof(size_t));

	stress_start(argc, argv, "oom");
	if (stress.nthreads > 4)
		stress.nthreads = 4;
	workers = calloc((size_t)stress.nthreads, sizeof(*workers));
	must(workers != NULL);
	for (int i = 0; i < stress.nthreads; i++) {
		workers[i].table = malloc(size);
		must(workers[i].table != NULL);
	}
	if (getenv("STRESS_OOM_EXEC") != NULL) {
		round_run(-1, "exec", true);
		return 0;
	}
	do {
		round_fork(RLIMIT_DATA, "VmData", true);
		round_fork(RLIMIT_AS, "VmSize", false);
		round_exec(argv);
		stress.seed++;
	} while (!time_is_up());
	return 0;
}
