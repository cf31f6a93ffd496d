/*
 * heap_threads_test: the front door from many threads, from threads that have
 * ended, from the child of fork and from signal handlers.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "core/heap.h"
#include "core/mheap.h"
#include "test/unit/unit.h"

enum {
	TEST_ROOM = 256,
	TEST_NTHREADS = 6,
	TEST_NSTEPS = SANITIZED ? 4000 : 20000,
	TEST_NSLOTS = 600,
	TEST_NFORKS = SANITIZED ? 5 : 40,
	TEST_NSIGNALS = 300,
	TEST_NTRIES = 20000,
	TEST_SIGNAL_US = 50,
	TEST_NLATE = 20,    /* objects of a thread that has ended */
	TEST_LATE = 48,     /* bytes of each */
	TEST_PATIENCE = 20, /* seconds that a child may take */
	/* The heap's last; the thread sanitizer needs the very last itself. */
	TEST_LAST_ROUND = PTHREAD_DESTRUCTOR_ITERATIONS - SANITIZED,
};

/* Objects that threads leave for each other; size in the first word. */
static size_t *slots[TEST_NSLOTS];

static uint32_t test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
		 UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* The object's size at its start and, if there is room, at its end. */
static void test_mark(size_t *p, size_t size)
{
	p[size / sizeof(*p) - 1] = p[0] = size;
}

static void test_check_mark(const size_t *p)
{
	if (p[p[0] / sizeof(*p) - 1] != p[0] || heap_usable_size(p) < p[0])
		ck_abort_msg("%p is not as it was", (const void *)p);
}

static size_t test_random_size(uint64_t *seed)
{
	const size_t size = test_random(seed) % (64u << test_random(seed) % 12);

	return (size & ~(size_t)15) + 16;
}

static void test_step(uint64_t *seed)
{
	size_t **slot = &slots[test_random(seed) % TEST_NSLOTS];
	const size_t size = test_random_size(seed);
	size_t *p = test_random(seed) % 4 != 0 ? heap_alloc(size) : NULL;

	if (p != NULL)
		test_mark(p, size);
	p = exchange_seqcst(slot, p);
	if (p == NULL)
		return;
	test_check_mark(p);
	if (test_random(seed) % 4 == 0) {
		const size_t to = test_random_size(seed), from = p[0];
		p = heap_realloc(p, to);
		if (p[0] != from)
			ck_abort_msg("realloc from %zu to %zu", from, to);
	}
	heap_free(p);
}

static int nsteps = TEST_NSTEPS;

static void *test_step_often(void *number)
{
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	for (int i = 0; i < nsteps; i++)
		test_step(&seed);
	return NULL;
}

static void test_start_threads(pthread_t *threads, int n, void *(*fn)(void *))
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fn,
					 (void *)(intptr_t)i),
			0);
}

static void test_join_threads(const pthread_t *threads, int n)
{
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void test_empty_slots(void)
{
	for (int i = 0; i < TEST_NSLOTS; i++) {
		if (slots[i] != NULL)
			test_check_mark(slots[i]);
		heap_free(slots[i]);
		slots[i] = NULL;
	}
}

/* Only this thread is left, and has freed everything. */
static void test_assert_nothing_is_left(void)
{
	heap_trim();
	ck_assert_uint_eq(mheap.nspans, 0);
	ck_assert_uint_eq(mheap.nlarge, 0);
	ck_assert_uint_eq(mheap.pages.npages_free, mheap.pages.npages_known);
	ck_assert_uint_le(mcaches.ninuse, 2); /* its own and the shared one */
}

START_TEST(test_threads_leave_nothing_behind)
{
	pthread_t threads[TEST_NTHREADS];

	heap_free(heap_alloc(1)); /* as any program before it has threads */
	for (int round = 0; round < 3; round++) {
		test_start_threads(threads, TEST_NTHREADS, test_step_often);
		test_join_threads(threads, TEST_NTHREADS);
		ck_assert_uint_le(mcaches.ninuse, 1);
	}
	ck_assert_uint_le(mcaches.n, TEST_NTHREADS + 1);
	test_empty_slots();
	test_assert_nothing_is_left();
}
END_TEST

/* An object that another thread has freed, which its owner has not noticed. */

static void *victim;

static void *test_free_victim(void *unused)
{
	heap_free(victim);
	return unused;
}

static void test_free_again(void *p)
{
	heap_free(p);
}

static void test_resize(void *p)
{
	heap_realloc(p, 1000);
}

static void test_measure(void *p)
{
	heap_usable_size(p);
}

static const struct {
	void (*fn)(void *);
	const char *line;
} late_misuses[] = {
	{test_free_again, "double free of"},
	{test_resize, "realloc of freed pointer"},
	{test_measure, "malloc_usable_size of freed pointer"},
};

START_TEST(test_what_another_thread_freed_is_free)
{
	pthread_t thread;
	char line[TEST_ROOM];

	victim = heap_alloc(64);
	heap_alloc(64); /* keeps the span */
	test_start_threads(&thread, 1, test_free_victim);
	test_join_threads(&thread, 1);
	snprintf(line, sizeof(line), "goalloc: %s %p (size class 64)",
		late_misuses[_i].line, victim);
	ck_assert_dies(late_misuses[_i].fn, victim, line);
}
END_TEST

/* Threads that have ended: TSD destructors of the last round come late. */

static pthread_key_t late_key;
static void *late_objects[TEST_NLATE];

/* The heap's own destructor comes first: its key is older. */
static void test_late_destructor(void *round)
{
	const intptr_t n = (intptr_t)round;

	if (n < TEST_LAST_ROUND) {
		pthread_setspecific(late_key, (void *)(n + 1));
		return;
	}
	ck_assert_int_eq(thread_self()->phase, THREAD_ENDED);
	for (int i = 0; i < TEST_NLATE; i++) {
		void *p = heap_alloc(TEST_LATE);
		memset(p, i, TEST_LATE);
		late_objects[i] = heap_realloc(p, TEST_LATE * 2);
		heap_free(heap_alloc_zeroed(100000));
	}
}

static void *test_end_late(void *unused)
{
	heap_free(heap_alloc(1));
	pthread_setspecific(late_key, (void *)1);
	return unused;
}

static void test_run_late_thread(void)
{
	pthread_t thread;

	test_start_threads(&thread, 1, test_end_late);
	test_join_threads(&thread, 1);
	for (int i = 0; i < TEST_NLATE; i++) {
		const unsigned char *p = late_objects[i];
		ck_assert(p[0] == i && p[TEST_LATE - 1] == i);
	}
}

static void test_make_late_key(void)
{
	heap_free(heap_alloc(1));
	ck_assert_int_eq(
		pthread_key_create(&late_key, test_late_destructor), 0);
}

START_TEST(test_a_thread_that_has_ended_allocates)
{
	test_make_late_key();
	for (int round = 0; round < 5; round++) {
		test_run_late_thread();
		for (int i = 0; i < TEST_NLATE; i++)
			heap_free(late_objects[i]);
	}
	ck_assert_uint_eq(
		mcaches.ninuse, 1); /* the shared one does not count */
}
END_TEST

/* fork. */

/* Runs fn in a child; it must end well, and soon. */
static void test_fork(void (*fn)(void))
{
	heap_fork_prepare();
	const pid_t child = fork();
	if (child == 0) {
		heap_fork_child();
		alarm(TEST_PATIENCE);
		fn();
		_exit(0);
	}
	heap_fork_parent();
	ck_assert_int_gt(child, 0);
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "wait status %#x", (unsigned)status);
}

/* The child frees what lost threads allocated, and has threads of its own. */
static void test_use_heap_in_child(void)
{
	pthread_t threads[2];

	nsteps = TEST_NSTEPS / 100;
	test_empty_slots();
	if (!SANITIZED) { /* the sanitizers know no threads after fork */
		test_start_threads(threads, 2, test_step_often);
		test_join_threads(threads, 2);
	}
	test_step_often(NULL);
	test_empty_slots();
	heap_trim();
}

static bool is_over;

static void *test_step_until_over(void *number)
{
	uint64_t seed = (uint64_t)(intptr_t)number + 1;

	while (!load_relaxed(&is_over))
		test_step(&seed);
	return NULL;
}

START_TEST(test_fork_while_threads_allocate)
{
	pthread_t threads[TEST_NTHREADS];

	heap_free(heap_alloc(1));
	test_start_threads(threads, TEST_NTHREADS, test_step_until_over);
	for (int i = 0; i < TEST_NFORKS; i++)
		test_fork(test_use_heap_in_child);
	store_relaxed(&is_over, true);
	test_join_threads(threads, TEST_NTHREADS);
	test_empty_slots();
	test_assert_nothing_is_left();
}
END_TEST

static struct mcache *test_owner(void *p)
{
	struct mspan *s = heapmap_lookup((uintptr_t)p);
	const uintptr_t handoff = load_acquire(&mspan_remote(s)->handoff);

	return (struct mcache *)(handoff & ~(uintptr_t)HANDOFF_FLAGS);
}

static pthread_barrier_t both;
static struct mcache *other_mcache;

/* A thread with an mcache, alive while another allocates without one. */
static void *test_stay_alive(void *unused)
{
	heap_free(heap_alloc(TEST_LATE));
	other_mcache = thread_self()->own;
	pthread_barrier_wait(&both);
	pthread_barrier_wait(&both);
	return unused;
}

static void test_share_in_child(void)
{
	pthread_t thread;

	for (int i = 0; i < TEST_NLATE; i++)
		heap_free(late_objects[i]);
	test_start_threads(&thread, 1, test_stay_alive);
	pthread_barrier_wait(&both);
	test_run_late_thread();
	for (int i = 0; i < TEST_NLATE; i++)
		if (test_owner(late_objects[i]) == other_mcache)
			_exit(1);
	pthread_barrier_wait(&both);
	test_join_threads(&thread, 1);
}

START_TEST(test_the_child_shares_no_mcache_with_a_living_thread)
{
	test_make_late_key();
	pthread_barrier_init(&both, NULL, 2);
	test_run_late_thread();
	test_fork(test_share_in_child);
}
END_TEST

static void *lost_object, *lost_neighbour;
static struct mcache *lost_mcache;

/* A thread that a fork leaves behind. */
static void *test_be_lost(void *unused)
{
	lost_object = heap_alloc(TEST_LATE);
	lost_neighbour = heap_alloc(TEST_LATE);
	lost_mcache = thread_self()->own;
	pthread_barrier_wait(&both);
	pthread_barrier_wait(&both);
	return unused;
}

static void test_free_lost_object(void)
{
	heap_free(lost_object);
	if (test_owner(lost_neighbour) == lost_mcache)
		_exit(1);
}

static void test_fork_again(void)
{
	test_fork(test_free_lost_object);
}

/* A daemon forks twice. */
START_TEST(test_what_a_lost_thread_had_is_adopted_in_any_generation)
{
	pthread_t thread;

	heap_free(heap_alloc(1));
	pthread_barrier_init(&both, NULL, 2);
	test_start_threads(&thread, 1, test_be_lost);
	pthread_barrier_wait(&both);
	ck_assert_ptr_eq(test_owner(lost_neighbour), lost_mcache);
	test_fork(test_free_lost_object);
	test_fork(test_fork_again);
	pthread_barrier_wait(&both);
	test_join_threads(&thread, 1);
}
END_TEST

/* Signal handlers. */

static void *handler_objects[16];
static int nhandled;

/* As a handler should not, but does: allocates, and frees what it or the
 * interrupted code has allocated. */
static void test_handler(int sig)
{
	static const size_t handler_sizes[] = {8, 48, 48, 200, 3000, 50000};
	const int n = (int)fetch_add_relaxed(&nhandled, 1);
	void **slot = &handler_objects[n % 16];
	const int saved = errno;

	(void)sig;
	heap_free(*slot);
	const size_t size = handler_sizes[n % 6];
	*slot = heap_alloc(size);
	memset(*slot, n, size);
	uint64_t seed = (uint64_t)n;
	test_step(&seed);
	errno = saved;
}

static bool is_ready;

static void *test_be_interrupted(void *unused)
{
	uint64_t seed = 99;

	store_release(&is_ready, true);
	while (!load_relaxed(&is_over)) {
		test_step(&seed);
		heap_free(heap_alloc(48));
	}
	return unused;
}

static void test_bombard(pthread_t thread)
{
	const struct timespec pause = {0, TEST_SIGNAL_US * 1000};

	for (int i = 0; i < TEST_NTRIES; i++) {
		if (load_relaxed(&nhandled) >= TEST_NSIGNALS)
			return;
		pthread_kill(thread, SIGUSR1);
		nanosleep(&pause, NULL);
	}
}

START_TEST(test_handlers_allocate_and_free)
{
	const struct sigaction action = {.sa_handler = test_handler};
	pthread_t threads[2];
	uint64_t seed = 5;

	sigaction(SIGUSR1, &action, NULL);
	heap_free(heap_alloc(1));
	test_start_threads(threads, 1, test_be_interrupted);
	test_start_threads(&threads[1], 1, test_step_until_over);
	while (!load_acquire(&is_ready))
		test_step(&seed);
	test_bombard(threads[0]);
	store_relaxed(&is_over, true);
	test_join_threads(threads, 2);
	ck_assert_int_ge(nhandled, TEST_NSIGNALS);
	for (int i = 0; i < 16; i++)
		heap_free(handler_objects[i]);
	test_empty_slots();
	ck_assert_uint_le(mcaches.ninuse, 1);
}
END_TEST

static void heap_threads_suite(TCase *tests)
{
	UNIT_TEST(tests, test_threads_leave_nothing_behind);
	UNIT_TABLE(tests, test_what_another_thread_freed_is_free, late_misuses);
	UNIT_TEST(tests, test_a_thread_that_has_ended_allocates);
	UNIT_TEST(tests, test_fork_while_threads_allocate);
	UNIT_TEST(tests, test_the_child_shares_no_mcache_with_a_living_thread);
	UNIT_TEST(tests,
		test_what_a_lost_thread_had_is_adopted_in_any_generation);
	UNIT_TEST(tests, test_handlers_allocate_and_free);
}
UNIT_MAIN("heap_threads", heap_threads_suite)
