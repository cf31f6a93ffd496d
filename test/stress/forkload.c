/*
 * forkload: fork while eight threads are inside malloc and free.
 *
 * Each thread keeps a table of objects whose slots say whether they are whole.
 * The child finds the tables as they were at the moment of fork, checks every
 * whole object, and goes on with the heap in one of six ways: free and resize
 * what all the dead threads left, start threads, exec, fork again, end at
 * once, or spawn.  A child that hangs is killed by its alarm, which the parent
 * sees as a failure.
 *
 * Invariants: a slot that is FULL has its object's pattern in memory; only
 *             its thread makes it BUSY, and in the child nobody else runs.
 */
#include "stress.h"

#include <spawn.h>
#include <sys/wait.h>

enum {
	NTHREADS_MAX = 16,
	NSLOTS = 400,
	CHILD_SECONDS = 20,
};

enum slot_state { EMPTY, BUSY, FULL };

struct slot {
	_Atomic int state;
	void *p;
	size_t size;
	uint64_t id;
};

static struct slot tables[NTHREADS_MAX][NSLOTS];
static atomic_bool stopping;
static char **program_argv;

static void slot_fill(struct slot *s, uint64_t *random)
{
	s->size = random_size(random) % (24 << 10) + 1;
	s->p = malloc(s->size);
	if (s->p == NULL)
		die("no memory for %zu bytes", s->size);
	s->id = random_next(random);
	object_fill(s->p, s->size, s->id);
	atomic_store(&s->state, FULL);
}

static void slot_step(struct slot *s, uint64_t *random)
{
	int before = atomic_exchange(&s->state, BUSY);

	if (before == EMPTY) {
		slot_fill(s, random);
		return;
	}
	object_check(s->p, s->size, s->size, s->id);
	if (random_below(random, 3) > 0) {
		free(s->p);
		atomic_store(&s->state, EMPTY);
		return;
	}
	size_t size = s->size % 4096 + random_below(random, 4096) + 1;
	size_t kept = size < s->size ? size : s->size;
	void *p = realloc(s->p, size);
	must(p != NULL);
	object_check(p, s->size, kept, s->id);
	s->p = p;
	s->size = size;
	object_fill(p, size, s->id);
	atomic_store(&s->state, FULL);
}

static void *load_run(void *number)
{
	int n = (int)(intptr_t)number;
	uint64_t random = thread_seed(n);

	while (!atomic_load_explicit(&stopping, memory_order_relaxed))
		slot_step(&tables[n][random_below(&random, NSLOTS)], &random);
	return NULL;
}

/* In the child: every whole object of every thread, which is dead now. */
static void inherited_use(uint64_t *random)
{
	for (int t = 0; t < NTHREADS_MAX; t++)
		for (int i = 0; i < NSLOTS; i++) {
			struct slot *s = &tables[t][i];
			if (atomic_load(&s->state) != FULL)
				continue;
			object_check(s->p, s->size, s->size, s->id);
			slot_step(s, random);
		}
}

static void *child_thread_run(void *number)
{
	uint64_t random = thread_seed((int)(intptr_t)number + 500);

	for (int i = 0; i < NSLOTS * 2; i++) {
		struct slot *s = &tables[(intptr_t)number][i % NSLOTS];
		/* The thread that made it BUSY does not live here. */
		if (atomic_load(&s->state) != BUSY)
			slot_step(s, &random);
	}
	return NULL;
}

static void child_wait(pid_t pid, const char *what)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		must(errno == EINTR);
	if (WIFSIGNALED(status))
		die("child (%s) ended by signal %d", what, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		die("child (%s) ended with status %d", what,
			WEXITSTATUS(status));
}

/* A new program under the same preload: this one, as "-c". */
static void child_exec(void)
{
	char *args[] = {program_argv[0], (char *)"-c", NULL};

	execv("/proc/self/exe", args);
	die("execv: errno %d", errno);
}

static void child_fork_again(uint64_t *random)
{
	pid_t pid = fork();

	must(pid >= 0);
	if (pid == 0) {
		alarm(CHILD_SECONDS);
		inherited_use(random);
		_exit(0);
	}
	inherited_use(random);
	child_wait(pid, "grandchild");
}

static void child_spawn(void)
{
	extern char **environ;
	char *args[] = {program_argv[0], (char *)"-c", NULL};
	pid_t pid;

	must(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ) ==
		0);
	child_wait(pid, "spawned");
}

enum { NKINDS = 6 };
static const char *const kinds[NKINDS] = {
	"inherited", "threads", "exec", "fork", "exit", "spawn"};

__attribute__((noreturn)) static void child_run(int kind, uint64_t random)
{
	alarm(CHILD_SECONDS);
	switch (kind) {
	case 0: inherited_use(&random); break;
	case 1: threads_run(4, child_thread_run); break;
	case 2: child_exec(); break;
	case 3: child_fork_again(&random); break;
	case 4: exit(0);
	case 5: child_spawn(); break;
	}
	_exit(0);
}

/* What "-c" does: shows that a fresh heap works in a child's program. */
static int child_program(void)
{
	uint64_t random = 1;

	alarm(CHILD_SECONDS);
	for (int i = 0; i < 3000; i++)
		slot_step(&tables[0][random_below(&random, 100)], &random);
	return 0;
}

static void forks_run(void)
{
	uint64_t random = thread_seed(-1);
	unsigned nforks = 0;

	while (!time_is_up()) {
		/* The slow kinds seldom, the rest by turns. */
		int kind = (int)random_below(&random, NKINDS * 3);
		kind = kind < NKINDS ? kind : (int)random_below(&random, 2) * 4;
		uint64_t child_random = random_next(&random);
		pid_t pid = fork();
		must(pid >= 0);
		if (pid == 0)
			child_run(kind, child_random);
		child_wait(pid, kinds[kind]);
		nforks++;
	}
	printf("%u forks\n", nforks);
	must(nforks > 0);
}

int main(int argc, char **argv)
{
	pthread_t threads[NTHREADS_MAX];

	program_argv = argv;
	if (argc > 1 && strcmp(argv[1], "-c") == 0)
		return child_program();
	stress_start(argc, argv, "forkload");
	int nthreads = stress.nthreads * 2 < NTHREADS_MAX ? stress.nthreads * 2
							  : NTHREADS_MAX;
	for (int i = 0; i < nthreads; i++)
		must(pthread_create(&threads[i], NULL, load_run,
			     (void *)(intptr_t)i) == 0);
	forks_run();
	atomic_store(&stopping, true);
	for (int i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
	uint64_t random = 1;
	inherited_use(&random);
	return 0;
}
