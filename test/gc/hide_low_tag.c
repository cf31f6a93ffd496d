/* Types in the low three bits of a pointer, as Lisps, Ruby and OCaml do. */
#include "test/gc/herd.h"

static volatile uintptr_t tagged[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		tagged[i] = (uintptr_t)planted(
			(char *)herd_add(16 + i * 3) + i % 8);
}

int main(void)
{
	return herd_run(plant);
}
