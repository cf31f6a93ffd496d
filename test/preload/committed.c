/*
 * Where the kernel charges memory when it is made writable, as it does under
 * vm.overcommit_memory=2, the heap makes writable what it uses and no more: at
 * most 1.1 times what is resident, and a few MiB.  harddecommit asks for the
 * same handling under any setting of the kernel.  It also stays far below the
 * number of mappings that a process may have.
 */
/* expect: GODEBUG=harddecommit=1 exit 0 */
/* glibc: no, it is about the library's mappings */
#include <stdlib.h>

#include "test/preload/check.h"

enum { NBLOCKS = 300000, NLARGE = 100, SLACK = 4 << 20 };

static char *blocks[NBLOCKS];
static unsigned seed = 1;

static unsigned next_random(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

/* Private writable memory that no file backs. */
struct maps {
	long size;  /* bytes mapped */
	long rss;   /* of them resident */
	long count; /* mappings of any kind */
};

static struct maps read_maps(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	struct maps m = {0, 0, 0};
	char line[512], perms[5] = "", path[256] = "";
	bool counts = false;
	long kib;

	check(f != NULL);
	while (fgets(line, sizeof line, f) != NULL) {
		path[0] = '\0';
		if (sscanf(line, "%*x-%*x %4s %*x %*s %*s %255s", perms,
			    path) >= 1 &&
			strchr("r-", perms[0]) != NULL && perms[1] != '\0' &&
			strchr("w-", perms[1]) != NULL) {
			m.count++;
			counts = strcmp(perms, "rw-p") == 0 && path[0] == '\0';
		} else if (counts && sscanf(line, "Size: %ld", &kib) == 1) {
			m.size += kib << 10;
		} else if (counts && sscanf(line, "Rss: %ld", &kib) == 1) {
			m.rss += kib << 10;
		}
	}
	fclose(f);
	return m;
}

static void check_commit(void)
{
	const struct maps m = read_maps();

	check_cmp(m.size - SLACK, <=, m.rss / 10 * 11);
	check_cmp(m.count, <=, 65530 / 4);
}

static void allocate(int n, size_t least, size_t most)
{
	for (int i = 0; i < n; i++) {
		const size_t size = least + next_random() % (most - least);
		blocks[i] = malloc(size);
		check(blocks[i] != NULL);
		memset(blocks[i], 1, size);
	}
}

static void free_all(int n, int but_each)
{
	for (int i = 0; i < n; i++) {
		if (but_each != 0 && i % but_each == 0)
			continue;
		free(blocks[i]);
		blocks[i] = NULL;
	}
}

int main(void)
{
	allocate(NBLOCKS, 16, 900);
	check_cmp(read_maps().rss, >, 100 << 20);
	check_commit();
	free_all(NBLOCKS, 1000);
	check_commit();
	free_all(NBLOCKS, 0);
	check_cmp(read_maps().size, <, 60 << 20);
	allocate(NLARGE, 1 << 18, 1 << 21);
	check_commit();
	free_all(NLARGE, 2);
	check_commit();
	return 0;
}
