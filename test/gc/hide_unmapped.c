/* Pointers in shared memory that is not mapped just now. */
/* expect: limit, pointers in files */
#include <sys/mman.h>

#include "test/gc/herd.h"

static int memory;

static void plant(void)
{
	enum { SIZE = 1 << 16 };
	memory = memfd_create("test", 0);

	check(memory >= 0 && ftruncate(memory, SIZE) == 0);
	void **p =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	check(p != MAP_FAILED);
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		p[i] = herd_add(16 + i);
	check(munmap(p, SIZE) == 0);
}

int main(void)
{
	return herd_run(plant);
}
