/*
 * Every way to ask for no bytes gives an object of its own: not NULL, unlike
 * all others, and free takes it.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { NKINDS = 9, ROUNDS = 2000 };

static void *posix(void)
{
	void *p = NULL;

	check(posix_memalign(&p, 64, 0) == 0);
	return p;
}

static void *alloc_nothing(int kind)
{
	switch (kind) {
	case 0: return malloc(0);
	case 1: return calloc(0, 8);
	case 2: return calloc(8, 0);
	case 3: return memalign(64, 0);
	case 4: return posix();
	case 5: return valloc(0);
	case 6: return pvalloc(0);
	case 7: return realloc(NULL, 0);
	default: return aligned_alloc(16, 0);
	}
}

static int compare(const void *a, const void *b)
{
	const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

int main(void)
{
	static uintptr_t all[NKINDS * ROUNDS];

	for (int i = 0; i < NKINDS * ROUNDS; i++) {
		all[i] = (uintptr_t)alloc_nothing(i % NKINDS);
		check(all[i] != 0);
	}
	qsort(all, NKINDS * ROUNDS, sizeof all[0], compare);
	for (int i = 1; i < NKINDS * ROUNDS; i++)
		check(all[i] != all[i - 1]);
	for (int i = 0; i < NKINDS * ROUNDS; i++)
		free((void *)all[i]);
	return 0;
}
