/*
 * Threads move subtrees between roots of every kind, while another collects
 * without pause: what hangs somewhere lives and is intact, what was cut off
 * goes within two cycles.
 */
/* case: threads */
/* case: alone */
/* control: no, what was cut off is the control */
/* seconds: 60 */
#include <sys/mman.h>
#include <time.h>

#include "test/gc/graph.h"

enum { NTHREADS = 4, CELL_AREA = 16384 };

/* Where a graph's cells lie; every eighth in memory of the same kind. */
struct places {
	void **base[8];
};

static void *in_data[NTHREADS][600] = {{&in_data}};
static void *in_bss[NTHREADS][600];
static __thread void *in_tls[600];
static struct graph *graphs[NTHREADS];
static int nready; /* threads that stand still at the end */
static bool stop;
static int nthreads = NTHREADS;

static double seconds_to_run(void)
{
	return getenv("GOALLOC_TEST_LONG") != NULL ? 2 : 0.2;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *map(int flags, int fd)
{
	void *p = mmap(NULL, CELL_AREA, PROT_READ | PROT_WRITE, flags, fd, 0);

	check(p != MAP_FAILED);
	return p;
}

/* on_stack is an array of the thread's first frame. */
static void places_make(struct places *p, int thread, void **on_stack)
{
	static void **from_heap[NTHREADS];
	const int fd = memfd_create("cells", 0);

	check(fd >= 0 && ftruncate(fd, CELL_AREA) == 0);
	from_heap[thread] = calloc(600, sizeof(void *));
	*p = (struct places){{
		in_data[thread],
		in_bss[thread],
		in_tls,
		on_stack,
		map(MAP_PRIVATE | MAP_ANONYMOUS, -1),
		map(MAP_SHARED | MAP_ANONYMOUS, -1),
		map(MAP_SHARED, fd),
		from_heap[thread],
	}};
	close(fd);
}

static void graph_make(int thread, void **on_stack)
{
	struct places places;
	void **cells[GRAPH_CELLS];

	places_make(&places, thread, on_stack);
	for (int i = 0; i < GRAPH_CELLS; i++)
		cells[i] = &places.base[i % 8][1 + i / 8 * 90];
	graphs[thread] = mmap(NULL, sizeof(struct graph),
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(graphs[thread] != MAP_FAILED);
	graph_start(graphs[thread],
		(uint64_t)time(NULL) * 7919 + (uint64_t)thread, cells);
}

static void *mutate(void *arg)
{
	const int thread = (int)(intptr_t)arg;
	void *on_stack[600];

	graph_make(thread, on_stack);
	while (!flag_is_set(&stop))
		for (int i = 0; i < 100; i++)
			graph_step(graphs[thread]);
	graph_check_all(graphs[thread]);
	scrub();
	__atomic_fetch_add(&nready, 1, __ATOMIC_SEQ_CST);
	while (!flag_is_set(&released))
		usleep(1000);
	graph_check_all(graphs[thread]);
	opaque(on_stack);
	return NULL;
}

static uint64_t objects_alive(void)
{
	static struct goalloc_mem_stats stats;

	if (goalloc_read_mem_stats != NULL)
		goalloc_read_mem_stats(&stats);
	return stats.heap_objects;
}

/* All threads stand still: the count is exact but for the library's own. */
static void check_cut_off_went(uint64_t before)
{
	uint64_t must_live = 0, created = 0;

	gc_now();
	gc_now();
	for (int i = 0; i < nthreads; i++) {
		must_live += (uint64_t)graph_nnodes(graphs[i]);
		created += graphs[i]->ncreated;
		check_cmp(graphs[i]->nmoved, >, 0);
	}
	const uint64_t alive = objects_alive() - before;
	const uint64_t gone = created - must_live;
	if (gc_is_on())
		check_cmp(alive, <=, must_live + gone / 100 + 100);
}

int main(int argc, char **argv)
{
	pthread_t ids[NTHREADS];
	const uint64_t before = objects_alive();

	check(argc == 2);
	if (strcmp(argv[1], "alone") == 0)
		nthreads = 1;
	herd_start();
	for (intptr_t i = 0; i < nthreads; i++)
		check(pthread_create(&ids[i], NULL, mutate, (void *)i) == 0);
	for (const double end = now() + seconds_to_run(); now() < end;) {
		gc_now();
		usleep(500);
	}
	flag_set(&stop, true);
	while (__atomic_load_n(&nready, __ATOMIC_SEQ_CST) < nthreads)
		usleep(1000);
	check_cut_off_went(before);
	flag_set(&released, true);
	for (int i = 0; i < nthreads; i++)
		check(pthread_join(ids[i], NULL) == 0);
	if (gc_is_on())
		check_cmp(gc_cycles_done() - herd_cycles, >=, herd_asked / 2);
	return 0;
}
