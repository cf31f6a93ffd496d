/* An array of pointers is collected from within qsort's comparisons. */
#include "test/gc/herd.h"

enum { NSORTED = 2000 };

static void **array;
static uint32_t ncompared;

static int compare(const void *a, const void *b)
{
	const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	if (++ncompared % 5000 == 0)
		gc_now();
	return (x > y) - (x < y);
}

static void plant(void)
{
	array = malloc(NSORTED * sizeof *array);
	for (uint32_t i = 0; i < NSORTED; i++)
		array[i] = planted(herd_add(16 + i * 7919 % 500));
}

int main(void)
{
	herd_start();
	herd_plant(plant);
	qsort(array, NSORTED, sizeof *array, compare);
	scrub();
	herd_collect();
	for (uint32_t i = 1; i < NSORTED; i++)
		check((uintptr_t)array[i - 1] < (uintptr_t)array[i]);
	check(ncompared > NSORTED);
	return herd_end();
}
