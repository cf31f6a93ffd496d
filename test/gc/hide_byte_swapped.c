/* Pointers in network byte order. */
/* expect: limit, byte-swapped pointers */
#include "test/gc/herd.h"

static volatile uint64_t swapped[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		swapped[i] = __builtin_bswap64((uintptr_t)herd_add(16 + i));
}

int main(void)
{
	return herd_run(plant);
}
