/*
 * sites: a program whose allocation at each call site is known.
 *
 *	sites [wait | more | fail]
 *
 * KEPT bytes stay in use, in objects of their size; as many as PASSED times
 * that are allocated and freed.  The call chain of a site is main, work or
 * play, site_*.  With "wait" it says "ready" and waits for its input's end,
 * with "more" it calls site_medium once more, with "fail" it exits with 3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/cmd/sites.h"

static void *kept[NKEPT + NMEDIUM];
static size_t nkept;

#define SITE(name, size, nstay, npass)                                         \
	static __attribute__((noinline)) void site_##name(void)                \
	{                                                                      \
		for (size_t i = 0; i < (nstay); i++)                           \
			kept[nkept++] = memset(malloc(size), 1, (size));       \
		for (size_t i = 0; i < (npass); i++)                           \
			free(memset(malloc(size), 1, (size)));                 \
	}
FOR_EACH_SITE(SITE)

static __attribute__((noinline)) void work(void)
{
	site_small();
	site_large();
	__asm__ volatile("");
}

static __attribute__((noinline)) void play(void)
{
	site_medium();
	site_passing();
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	char c;

	work();
	play();
	if (argc > 1 && strcmp(argv[1], "more") == 0)
		site_medium();
	if (argc > 1 && strcmp(argv[1], "fail") == 0)
		return 3;
	if (argc > 1 && strcmp(argv[1], "wait") == 0) {
		if (write(1, "ready\n", 6) != 6)
			return 1;
		while (read(0, &c, 1) > 0)
			;
	}
	return 0;
}
