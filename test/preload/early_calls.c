/*
 * malloc before anything is initialised: from .preinit_array, which runs
 * before the library's own constructor, and from constructors of every
 * priority; what is allocated there lives on and is freed in main.
 */
#include <stdlib.h>

#include "test/preload/check.h"

enum { MOST = 64, SIZE = 200 };

static void *kept[MOST];
static int nkept;

static void use_heap(void)
{
	for (size_t size = 1; size < 3 << 20; size *= 7) {
		void *p = calloc(1, size), *q = malloc(size);
		check(p != NULL && q != NULL && is_zero(p, size));
		q = realloc(q, size * 2);
		check(q != NULL);
		free(p);
		free(q);
	}
	check(nkept < MOST);
	kept[nkept] = malloc(SIZE);
	check(kept[nkept] != NULL);
	fill(kept[nkept], SIZE, (unsigned)nkept);
	nkept++;
}

static void preinit(int argc, char **argv, char **envp)
{
	(void)argc, (void)argv, (void)envp;
	use_heap();
}

__attribute__((section(".preinit_array"), used)) static void (*const entry)(
	int, char **, char **) = preinit;

__attribute__((constructor(101))) static void first(void)
{
	use_heap();
}

__attribute__((constructor(65000))) static void late(void)
{
	use_heap();
}

__attribute__((constructor)) static void last(void)
{
	use_heap();
}

int main(void)
{
	check_cmp(nkept, ==, 4);
	for (int i = 0; i < nkept; i++) {
		check(is_filled(kept[i], SIZE, (unsigned)i));
		kept[i] = realloc(kept[i], 100000);
		check(is_filled(kept[i], SIZE, (unsigned)i));
		free(kept[i]);
	}
	return 0;
}
