/*
 * A child of fork collects for itself: it has the roots of its one thread and
 * all the memory, and none of its parent's threads, locks or descriptors.
 * The parent goes on collecting meanwhile.
 */
/* cases: child grandchild beside_threads while_collecting spawn */
/* seconds: 40 */
#include <spawn.h>
#include <sys/wait.h>

#include "test/gc/herd.h"

enum { NTHREADS = 3, FORKS = 20 };

static const char *which;
static void *volatile root;
static bool stop;

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void plant(void)
{
	root = herd_planted(HERD_USUAL);
}

/* Runs body in a child; its status is ours. */
static void in_child(int (*body)(void))
{
	int status;
	const pid_t pid = fork();

	check(pid >= 0);
	if (pid == 0)
		_exit(body());
	check(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		dprintf(2, "child ended with %#x\n", status);
		_exit(1);
	}
}

static int collect(void)
{
	if (gc_is_on())
		herd_cycles = gc_cycles_done();
	herd_asked = 0;
	herd_collect();
	return herd_end();
}

static int collect_in_child(void)
{
	in_child(collect);
	return 0;
}

static void *allocate(void *arg)
{
	while (!flag_is_set(&stop)) {
		herd_churn();
		usleep(100);
	}
	return arg;
}

static void *collect_always(void *arg)
{
	while (!flag_is_set(&stop)) {
		if (gc_is_on())
			goalloc_gc();
		usleep(200);
	}
	return arg;
}

/* Children of a program whose other threads run one of the above. */
static void fork_beside(void *(*body)(void *), int nthreads)
{
	pthread_t ids[NTHREADS];

	for (int i = 0; i < nthreads; i++)
		check(pthread_create(&ids[i], NULL, body, NULL) == 0);
	for (int i = 0; i < FORKS; i++)
		in_child(collect);
	flag_set(&stop, true);
	for (int i = 0; i < nthreads; i++)
		check(pthread_join(ids[i], NULL) == 0);
}

static void spawn_while_collecting(void)
{
	char *const argv[] = {(char *)(uintptr_t) "true", NULL};
	pthread_t id;
	pid_t pid;
	int status;

	check(pthread_create(&id, NULL, collect_always, NULL) == 0);
	for (int i = 0; i < FORKS; i++) {
		check(posix_spawnp(&pid, "true", NULL, NULL, argv, environ) ==
			0);
		check(waitpid(pid, &status, 0) == pid && status == 0);
		check(system("exit 7") == 7 << 8);
	}
	flag_set(&stop, true);
	check(pthread_join(id, NULL) == 0);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	which = argv[1];
	herd_start();
	herd_plant(plant);
	if (is("child"))
		in_child(collect);
	else if (is("grandchild"))
		in_child(collect_in_child);
	else if (is("beside_threads"))
		fork_beside(allocate, NTHREADS);
	else if (is("while_collecting"))
		fork_beside(collect_always, 1);
	else
		spawn_while_collecting();
	return collect();
}
