/* Pointers stored as the distance from where they are stored. */
/* expect: limit, self-relative offsets */
#include "test/gc/herd.h"

static volatile ptrdiff_t distances[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		distances[i] = (char *)herd_add(16 + i) - (char *)&distances[i];
}

int main(void)
{
	return herd_run(plant);
}
