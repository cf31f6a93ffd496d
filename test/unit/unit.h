/*
 * unit.h: what every test program in this folder shares, a little above Check.
 *
 * A test program is one file, x_test.c:
 *
 *	static const struct { const char *name; ...; } cases[] = {
 *		{"first_fit", "#.#..#...", 0, 2, 3},
 *	};
 *
 *	START_TEST(test_find_run)
 *	{
 *		ck_assert_msg(find(cases[_i]) == ..., "%s", cases[_i].name);
 *	}
 *	END_TEST
 *
 *	static void pagebits_suite(TCase *tests)
 *	{
 *		UNIT_TABLE(tests, test_find_run, cases);
 *		UNIT_TEST(tests, test_other);
 *	}
 *	UNIT_MAIN("pagebits", pagebits_suite)
 *
 * UNIT_TABLE runs the test once for each row, with the row's index in _i; each
 * run counts as a test.  Every test runs in a child process of its own, so
 * static state is fresh and a death is one failed test; CK_FORK=no keeps them
 * in one process, for a debugger.  CK_RUN_CASE and the rest of Check's
 * environment work as usual.
 *
 * ck_assert_dies(fn, arg, "line") checks that fn(arg) aborts after printing
 * that line, and nothing else, on stderr.
 *
 * test/unit/run reads the count that Check prints, so a program may as well
 * use Check directly and print with CK_NORMAL.
 */
#ifndef GOALLOC_TEST_UNIT_H
#define GOALLOC_TEST_UNIT_H

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	/* Seconds for one test; test/unit/run multiplies it by five. */
	UNIT_TIMEOUT = 10,
};

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One test. */
#define UNIT_TEST(tests, fn) tcase_add_test(tests, fn)

/* The test once for each row of the table, whose index is _i. */
#define UNIT_TABLE(tests, fn, table)                                           \
	tcase_add_loop_test(tests, fn, 0, (int)UNIT_COUNT(table))

/* The program: its name and the function that adds its tests. */
#define UNIT_MAIN(name, add_tests)                                             \
	int main(void)                                                         \
	{                                                                      \
		return unit_run(name, add_tests);                              \
	}

#define ck_assert_dies(fn, arg, line)                                          \
	unit_assert_dies(__FILE__, __LINE__, fn, arg, line)

/* Runs fn(arg) in a child; its stderr goes to buf.  The child's wait status. */
static inline int unit_run_child(
	void (*fn)(void *), void *arg, char *buf, size_t size)
{
	int pipe_fds[2];
	ck_assert_int_eq(pipe(pipe_fds), 0);

	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(pipe_fds[1], STDERR_FILENO);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		fn(arg);
		_exit(0);
	}
	close(pipe_fds[1]);

	size_t length = 0;
	ssize_t n;
	while ((n = read(pipe_fds[0], buf + length, size - 1 - length)) > 0)
		length += (size_t)n;
	buf[length] = '\0';
	close(pipe_fds[0]);

	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

/* fn(arg) must die by SIGABRT with exactly this line on stderr. */
static inline void unit_assert_dies(const char *file, int at,
	void (*fn)(void *), void *arg, const char *line)
{
	char got[4096];
	int status = unit_run_child(fn, arg, got, sizeof(got));

	got[strcspn(got, "\n")] = '\0';
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		"%s:%d: wait status %#x instead of SIGABRT, stderr \"%s\"",
		file, at, (unsigned)status, got);
	ck_assert_msg(strcmp(got, line) == 0,
		"%s:%d: stderr \"%s\" instead of \"%s\"", file, at, got, line);
}

/* Runs all tests; Check prints the failed ones and the count. */
static inline int unit_run(const char *name, void (*add_tests)(TCase *))
{
	Suite *suite = suite_create(name);
	TCase *tests = tcase_create(name);
	tcase_set_timeout(tests, UNIT_TIMEOUT);
	add_tests(tests);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int nrun = srunner_ntests_run(runner);
	int nfailed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nfailed == 0 && nrun > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
