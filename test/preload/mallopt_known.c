/* mallopt accepts glibc's parameters, without effect, and no others. */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

int main(void)
{
	const int known[] = {M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD,
		M_MMAP_MAX, M_CHECK_ACTION, M_PERTURB, M_ARENA_TEST,
		M_ARENA_MAX};
	const int unknown[] = {0, 5, 100, -9, -1000};

	check(mallopt(M_MXFAST, 64) == 1);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		check(mallopt(known[i], 1) == 1);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		if (!on_glibc()) /* which says 1 to everything */
			check(mallopt(unknown[i], 1) == 0);
	free(malloc(100));
	return 0;
}
