/* A mapping that nobody may read for now, as collectors and JITs have them. */
#include <sys/mman.h>

#include "test/gc/herd.h"

enum { SIZE = 1 << 16 };

static uintptr_t hidden_place;

static void plant(void)
{
	void **p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	hidden_place = hide(p);
	p[1000] = herd_planted(HERD_USUAL);
	check(mprotect(p, SIZE, PROT_NONE) == 0);
}

int main(void)
{
	herd_start();
	herd_plant(plant);
	herd_collect();
	check(mprotect(unhide(hidden_place), SIZE, PROT_READ) == 0);
	return herd_end();
}
