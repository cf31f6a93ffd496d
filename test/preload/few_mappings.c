/*
 * However blocks of all sizes are allocated, freed and given back, the heap
 * takes at most a quarter of the mappings a process may have.
 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { NSLOTS = 20000, ROUNDS = 4 };

static long count_lines(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = 0;

	check(f != NULL);
	for (int c; (c = getc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

int main(void)
{
	static void *slots[NSLOTS];
	unsigned n = 1;

	const long limit = proc_field("/proc/sys/vm/max_map_count", "");
	check(limit > 1000);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < NSLOTS; i++) {
			n = n * 1103515245 + 12345;
			const size_t size = (n >> 8) % (i % 8 ? 3000 : 90000);
			free(slots[i]);
			slots[i] = malloc(size + 1);
			check(slots[i] != NULL);
			memset(slots[i], 1, size + 1);
		}
		for (int i = 0; i < NSLOTS; i += 1 + round % 3) {
			free(slots[i]);
			slots[i] = NULL;
		}
		malloc_trim(0);
		check_cmp(count_lines("/proc/self/maps"), <, limit / 4);
	}
	return 0;
}
