/*
 * posix_memalign: EINVAL for what is no power of two or no multiple of a
 * pointer's size, ENOMEM for too much; on error *p stays; errno always stays.
 */
#include <stdlib.h>

#include "test/preload/check.h"

static int status; /* of the last call; errno and *p have been checked */

static bool call(size_t align, size_t size)
{
	void *const before = &status;
	void *p = before;

	errno = 4711;
	status = posix_memalign(&p, align, size);
	/* glibc's own helper sets it; ours does not. */
	check(errno == 4711 || (on_glibc() && status == ENOMEM));
	if (status != 0) {
		check(p == before);
		return false;
	}
	check(p != NULL && p != before && is_aligned(p, align));
	free(p);
	return true;
}

int main(void)
{
	const size_t bad[] = {0, 1, 2, 3, 4, 7, 9, 12, 24, 40, 48, 100, 4097,
		SIZE_MAX, SIZE_MAX - 7, (size_t)PTRDIFF_MAX};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		check(!call(bad[i], 64) && status == EINVAL);
	for (size_t align = 8; align <= 1 << 24; align *= 2)
		check(call(align, 1) && call(align, align * 3));
	check(!call(8, SIZE_MAX) && status == ENOMEM);
	check(!call(4096, SIZE_MAX - 4095) && status == ENOMEM);
	check(!call((size_t)1 << 62, PTRDIFF_MAX) && status == ENOMEM);
	check(!call((size_t)1 << 63, 1) && status == ENOMEM);
	return 0;
}
