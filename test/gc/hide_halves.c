/* The two halves of a pointer in two tables. */
/* expect: limit, split pointers */
#include "test/gc/herd.h"

static volatile uint32_t low[HERD_USUAL], high[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		const uintptr_t bits = (uintptr_t)herd_add(16 + i);
		low[i] = (uint32_t)bits;
		high[i] = (uint32_t)(bits >> 32);
	}
}

int main(void)
{
	return herd_run(plant);
}
