/* A realloc that fails leaves the block as it was and sets ENOMEM. */
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "test/preload/check.h"

static void check_size(size_t size)
{
	const size_t refused[] = {
		PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX, 4UL << 30};
	void *p = malloc(size);

	check(p != NULL);
	fill(p, size, 3);
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		errno = 0;
		check(realloc(p, refused[i]) == NULL && errno == ENOMEM);
		check(malloc_usable_size(p) >= size);
		check(is_filled(p, size, 3));
	}
	free(p);
}

int main(void)
{
	const struct rlimit limit = {3UL << 30, 3UL << 30};

	check(setrlimit(RLIMIT_AS, &limit) == 0);
	for (size_t size = 1; size <= 8 << 20; size = size * 3 + 1)
		check_size(size);
	return 0;
}
