/* Arrays that count from 1: the pointer is one element before the object. */
/* expect: limit, pointers outside their object */
#include "test/gc/herd.h"

enum { ELEMENT = 4096 };

static char *volatile from_one[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		from_one[i] = (char *)herd_add(ELEMENT * 4) - ELEMENT;
}

int main(void)
{
	return herd_run(plant);
}
