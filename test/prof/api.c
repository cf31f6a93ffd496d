/*
 * api: a program that takes its own profile.  Its argument is a directory.
 *
 * It has the library by its weak functions; it says what is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/goalloc.h"

enum { NOBJECTS = 1000 };

static void *objects[3 * NOBJECTS];

__attribute__((noinline)) static void before_any(int i)
{
	objects[i] = malloc(123);
}

__attribute__((noinline)) static void while_on(int i)
{
	objects[i] = malloc(123);
}

__attribute__((noinline)) static void while_off(int i)
{
	objects[i] = malloc(123);
}

static int failures;

static void expect(int is_so, const char *what)
{
	if (is_so)
		return;
	printf("%s, errno %d\n", what, errno);
	failures++;
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc != 2 || goalloc_write_heap_profile == NULL)
		return 2;
	expect(goalloc_write_heap_profile(1) == -1 && errno == ENODATA,
		"a profile that nobody takes");
	for (int i = 0; i < NOBJECTS; i++)
		before_any(i);
	expect(goalloc_set_mem_profile_rate(-1) == -1, "rate -1");
	expect(goalloc_set_mem_profile_rate(1) == 0, "rate 1");
	for (int i = 0; i < NOBJECTS; i++)
		while_on(NOBJECTS + i);
	expect(goalloc_set_mem_profile_rate(0) == 1, "rate 0");
	for (int i = 0; i < NOBJECTS; i++)
		while_off(2 * NOBJECTS + i);
	for (int i = 0; i < 3 * NOBJECTS; i += 2)
		free(objects[i]);
	snprintf(path, sizeof path, "%s/by_fd.pb.gz", argv[1]);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	expect(goalloc_write_heap_profile(fd) == 0, "to a descriptor");
	close(fd);
	expect(goalloc_write_heap_profile(fd) == -1 && errno == EBADF,
		"to no descriptor");
	snprintf(path, sizeof path, "%s/by_name.heap", argv[1]);
	expect(goalloc_write_heap_profile_to(path) == 0, "to a file");
	expect(goalloc_write_heap_profile_to("/nowhere/x") == -1 &&
			errno == ENOENT,
		"to no directory");
	return failures != 0;
}
