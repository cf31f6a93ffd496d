/* A pointer in the payload of a not-a-number, as some script engines do. */
/* expect: limit, NaN-boxed values */
#include "test/gc/herd.h"

static volatile double boxed[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		const uint64_t bits =
			(uintptr_t)herd_add(16 + i) | 0xfff8000000000000u;
		double value;
		memcpy(&value, &bits, sizeof value);
		boxed[i] = value;
	}
}

int main(void)
{
	return herd_run(plant);
}
