/*
 * malloc and free after exit began: in atexit and on_exit functions, in
 * destructors of every priority, and while stdio is flushed.
 */
/* expect: exit 7 `destructor: NUM of NUM still there` */
#include <stdlib.h>

#include "test/preload/check.h"

enum { NKEPT = 1000 };

static void *kept[NKEPT];

static void use_heap(int step)
{
	for (int i = step; i < NKEPT; i += 5) {
		check(is_filled(kept[i], 100, (unsigned)i));
		free(kept[i]);
		kept[i] = NULL;
	}
	for (size_t size = 1; size < 4 << 20; size *= 3) {
		char *p = malloc(size);
		check(p != NULL);
		p[0] = p[size - 1] = 1;
		p = realloc(p, size + 100);
		check(p != NULL);
		free(p);
	}
}

static void at_exit(void)
{
	use_heap(0);
}

static void on_exit_call(int status, void *p)
{
	check(status == 7);
	use_heap(1);
	free(p);
}

__attribute__((destructor)) static void destructor(void)
{
	use_heap(2);
}

__attribute__((destructor(65000))) static void late_destructor(void)
{
	use_heap(3);
}

__attribute__((destructor(101))) static void last_destructor(void)
{
	int left = 0;

	for (int i = 0; i < NKEPT; i++)
		left += kept[i] != NULL;
	use_heap(4);
	check(left == NKEPT / 5);
	fprintf(stderr, "destructor: %d of %d still there\n", left, NKEPT);
}

int main(void)
{
	for (int i = 0; i < NKEPT; i++) {
		kept[i] = malloc(100);
		fill(kept[i], 100, (unsigned)i);
	}
	check(atexit(at_exit) == 0);
	check(on_exit(on_exit_call, malloc(30)) == 0);
	exit(7);
}
