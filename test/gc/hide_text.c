/* Pointers printed with %p and read back. */
/* expect: limit, pointers as text */
#include "test/gc/herd.h"

static char text[HERD_USUAL][20];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		snprintf(text[i], sizeof text[i], "%p", herd_add(16 + i));
}

int main(void)
{
	return herd_run(plant);
}
