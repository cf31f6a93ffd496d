/*
 * Every size is aligned to 16 bytes; 8 bytes or less only to 8 with the
 * option tiny, which is on unless switched off.  calloc and realloc are alike.
 */
/* case: tiny exit 0 */
/* case: untiny GOALLOC=tiny=0 exit 0 */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { LARGEST = 70000, KEEP = 16 };

static void check_size(size_t size, bool tiny)
{
	const size_t align = tiny && size <= 8 ? 8 : 16;
	void *p[KEEP];

	for (int i = 0; i < KEEP; i++) {
		p[i] = i % 2 ? malloc(size) : calloc(1, size);
		check(is_aligned(p[i], align));
	}
	for (int i = 0; i < KEEP; i++) {
		if (size > 0)
			p[i] = realloc(p[i], size * 2);
		check(is_aligned(p[i], size * 2 <= 8 ? align : 16));
		free(p[i]);
	}
}

static void check_tiny_is_packed(void)
{
	bool seen_8 = false;

	for (int i = 0; i < 1000; i++)
		seen_8 |= !is_aligned(malloc(8), 16);
	check(seen_8);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	const bool tiny = strcmp(argv[1], "tiny") == 0;

	for (size_t size = 0; size <= 2100; size++)
		check_size(size, tiny);
	for (size_t size = 2101; size <= LARGEST; size += 97)
		check_size(size, tiny);
	for (size_t size = LARGEST; size <= 16 << 20; size += size / 2)
		check_size(size, tiny);
	if (tiny && !on_glibc())
		check_tiny_is_packed();
	return 0;
}
