/* Offsets of 32 bits from the first object instead of pointers. */
/* expect: limit, 32-bit references */
#include "test/gc/herd.h"

static char *base;
static volatile int32_t offsets[HERD_USUAL];

static void plant(void)
{
	base = malloc(16);
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		offsets[i] = (int32_t)((char *)herd_add(16 + i) - base) >> 3;
}

int main(void)
{
	return herd_run(plant);
}
