/* Pointers in a file, as a program that swaps by itself would write them. */
/* expect: limit, pointers in files */
#include "test/gc/herd.h"

static void plant(void)
{
	FILE *f = tmpfile();

	check(f != NULL);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		void *p = herd_add(16 + i);
		check(fwrite(&p, sizeof p, 1, f) == 1);
	}
	check(fflush(f) == 0 && setvbuf(f, NULL, _IONBF, 0) == 0);
	rewind(f);
}

int main(void)
{
	return herd_run(plant);
}
