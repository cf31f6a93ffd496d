/*
 * free keeps errno: for every size, and where munmap would fail because the
 * process has as many mappings as it may have.
 */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "test/preload/check.h"

static void check_free(void *p)
{
	const int values[] = {0, EDOM, 12345};

	check(p != NULL);
	for (int i = 0; i < 3; i++) {
		errno = values[i];
		free(i == 0 ? p : NULL);
		check(errno == values[i]);
	}
}

static void check_sizes(void)
{
	for (size_t size = 0; size < 3000; size += 7)
		check_free(malloc(size));
	for (size_t size = 3000; size < 64 << 20; size += size / 3) {
		check_free(malloc(size));
		check_free(memalign(1 << 16, size));
	}
}

/* Mappings of one page, each unlike its neighbours, until there are no more. */
static void use_up_mappings(void)
{
	const long limit = 70000, page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (size_t)(limit * 2 * page), PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(p != MAP_FAILED);
	for (long i = 0; i < limit; i++)
		if (mprotect(p + i * 2 * page, (size_t)page, PROT_READ) != 0)
			return;
}

int main(void)
{
	void *large[16];

	check_sizes();
	for (int i = 0; i < 16; i++) {
		large[i] = malloc(8 << 20);
		check(large[i] != NULL);
		memset(large[i], 1, 8 << 20);
	}
	use_up_mappings();
	for (int i = 0; i < 16; i++)
		check_free(large[(i * 5) % 16]);
	return 0;
}
