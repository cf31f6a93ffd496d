/*
 * Misuse is still found at the very call where frees wait for a mark, and is
 * harmless where Go's rules make it so: what was freed is not handed out again
 * while a pointer to it is left.
 */
/* cases: double_free double_free_after_cycle realloc_freed reuse */
/* control: no, nothing is hidden */
#include <signal.h>
#include <sys/wait.h>

#include "test/gc/herd.h"

enum { SIZE = 80, NOBJECTS = 500 };

static void *volatile objects[NOBJECTS];

static void free_twice(void)
{
	void *p = malloc(SIZE);

	free(p);
	free(opaque(p));
}

static void free_after_cycle(void)
{
	void *volatile p = malloc(SIZE);

	free(p);
	gc_now();
	free(p);
}

static void realloc_freed(void)
{
	void *p = malloc(SIZE);

	free(p);
	objects[0] = realloc(opaque(p), SIZE * 2);
}

/* A child does it, and must die with a line on stderr. */
static void check_dies(void (*misuse)(void))
{
	char text[200] = "";
	int ends[2], status;

	check(pipe(ends) == 0);
	const pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 2);
		misuse();
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	check(write(ends[1], ".", 1) == 1);
	check(read(ends[0], text, sizeof text - 1) > 0);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	check(strstr(text, misuse == realloc_freed ? "realloc of freed"
						   : "double free") != NULL);
}

/* Deferred: not handed out while we have a pointer.  Then: handed out. */
static void check_reuse(void)
{
	const char *options = getenv("GOALLOC");
	size_t nreused = 0;

	for (int i = 0; i < NOBJECTS; i++) {
		objects[i] = malloc(SIZE);
		fill(objects[i], SIZE, (unsigned)i);
		free(objects[i]);
	}
	gc_now();
	for (int i = 0; i < 4 * NOBJECTS; i++) {
		void *p = malloc(SIZE);
		for (int j = 0; j < NOBJECTS; j++)
			nreused += p == objects[j];
	}
	if (options == NULL || strstr(options, "free=now") == NULL)
		check_cmp(nreused, ==, 0);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	const char *options = getenv("GOALLOC");
	const bool ignores =
		options != NULL && strstr(options, "free=ignore") != NULL;

	herd_start();
	if (!gc_is_on())
		return 0;
	if (ignores && strcmp(argv[1], "reuse") != 0)
		return 0; /* nothing was freed the first time */
	if (strcmp(argv[1], "double_free") == 0)
		check_dies(free_twice);
	else if (strcmp(argv[1], "double_free_after_cycle") == 0)
		check_dies(free_after_cycle);
	else if (strcmp(argv[1], "realloc_freed") == 0)
		check_dies(realloc_freed);
	else
		check_reuse();
	return 0;
}
