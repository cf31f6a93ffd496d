/* A pointer moved up to make room for a counter below it. */
/* expect: limit, shifted pointers */
#include "test/gc/herd.h"

static volatile uint64_t counted[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		counted[i] = (uint64_t)(uintptr_t)herd_add(16 + i) << 16 | i;
}

int main(void)
{
	return herd_run(plant);
}
