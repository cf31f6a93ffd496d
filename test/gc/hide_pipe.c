/* Pointers on their way through a pipe, from thread to thread. */
/* expect: limit, pointers in pipes and sockets */
#include "test/gc/herd.h"

static int ends[2];

static void plant(void)
{
	check(pipe(ends) == 0);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		void *p = herd_add(16 + i);
		check(write(ends[1], &p, sizeof p) == sizeof p);
	}
}

int main(void)
{
	return herd_run(plant);
}
