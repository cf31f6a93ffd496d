/* calloc's memory reads as zero, also where it was used and freed before. */
#include <stdlib.h>

#include "test/preload/check.h"

enum { KEEP = 24 };

static void check_size(size_t size)
{
	void *p[KEEP];
	const int keep = size > 1 << 20 ? 2 : KEEP;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < keep; i++) {
			p[i] = calloc(size / 7 + 1, 7);
			check(p[i] != NULL && is_zero(p[i], size));
			memset(p[i], 0xa5, size);
		}
		for (int i = 0; i < keep; i++)
			free(p[i]);
	}
}

int main(void)
{
	for (size_t size = 0; size <= 1100; size++)
		check_size(size);
	for (size_t size = 1200; size <= 80000; size += size / 50)
		check_size(size);
	for (size_t size = 80000; size <= 16 << 20; size *= 3)
		check_size(size);
	return 0;
}
