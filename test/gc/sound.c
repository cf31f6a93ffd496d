/*
 * GODEBUG=gcsound=1 tells what a program hides: objects to which no pointer is
 * left, and which the program then frees, resizes or measures after all, are
 * counted one by one, and none of them is lost.  What nobody touches again is
 * counted as unreachable only; what is freed in time is not counted at all.
 *
 * The program runs itself with the option and reads what it says at its end.
 */
/* cases: free realloc usable_size untouched in_time reachable */
/* control: no, the counts are the control */
#include <sys/wait.h>

#include "test/gc/herd.h"

enum { NOBJECTS = 400, SIZE = 72 };

static const char *which;
static uintptr_t hidden[NOBJECTS];
static void *visible[NOBJECTS];

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void build(void)
{
	for (unsigned i = 0; i < NOBJECTS; i++) {
		void *p = malloc(SIZE);
		check(p != NULL);
		fill(p, SIZE, i);
		hidden[i] = hide(p);
		if (is("reachable"))
			visible[i] = p;
		if (is("in_time"))
			free(p);
	}
}

/* What was found unreachable is as it was. */
static void use_again(void)
{
	for (unsigned i = 0; i < NOBJECTS; i++) {
		void *p = unhide(hidden[i]);
		check(is("in_time") || is_filled(p, SIZE, i));
		if (is("free") || is("reachable"))
			free(p);
		else if (is("realloc"))
			visible[i] = realloc(p, SIZE * 3);
		else if (is("usable_size"))
			check_cmp(malloc_usable_size(p), >=, SIZE);
		check(!is("realloc") || is_filled(visible[i], SIZE, i));
	}
}

static int run_under_option(void)
{
	herd_plant(build);
	goalloc_gc();
	goalloc_gc();
	use_again();
	return 0;
}

/* Runs this program again and returns its stderr. */
static const char *run_self(const char *self)
{
	static char text[20000];
	size_t n = 0;
	ssize_t got;
	int ends[2], status;

	check(pipe(ends) == 0);
	const pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		setenv("GODEBUG", "gcsound=1", 1);
		setenv("GC_TEST_AGAIN", "1", 1);
		execl(self, self, which, NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)got;
	check(waitpid(pid, &status, 0) == pid);
	check_cmp(status, ==, 0);
	return text;
}

int main(int argc, char **argv)
{
	static const char format[] =
		"goalloc: gcsound: %u cycles, %u objects unreachable, %u "
		"unsound\n";
	unsigned cycles = 0, unreachable = 0, unsound = 0;

	check(argc == 2);
	which = argv[1];
	if (!gc_is_on())
		return 0;
	if (getenv("GC_TEST_AGAIN") != NULL)
		return run_under_option();
	const char *line = strstr(run_self(argv[0]), "goalloc: gcsound: ");
	check(line != NULL);
	while (sscanf(line, format, &cycles, &unreachable, &unsound) != 3) {
		line = strstr(line + 1, "goalloc: gcsound: ");
		check(line != NULL);
	}
	check_cmp(cycles, >=, 2);
	if (is("free") || is("realloc") || is("usable_size"))
		check_cmp(unsound, >=, NOBJECTS - NOBJECTS / 100);
	else
		check_cmp(unsound, ==, 0);
	if (!is("in_time") && !is("reachable"))
		check_cmp(unreachable, >=, NOBJECTS - NOBJECTS / 100);
	else
		check_cmp(unreachable, <, NOBJECTS / 10);
	return 0;
}
