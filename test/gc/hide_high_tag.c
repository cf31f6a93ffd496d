/* A type in the 16 bits above an address. */
/* expect: limit, tags in the high bits */
#include "test/gc/herd.h"

static volatile uint64_t tagged[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		tagged[i] = (uintptr_t)herd_add(16 + i) | (uint64_t)(i + 1)
								  << 48;
}

int main(void)
{
	return herd_run(plant);
}
