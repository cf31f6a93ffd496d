/*
 * A large block that grows is not held twice: while it grows to 384 MiB, all
 * of it touched, the process never has much more resident than the block.
 */
#include <stdlib.h>

#include "test/preload/check.h"

int main(void)
{
	const size_t final = 384UL << 20;
	size_t size = 4 << 20;
	char *p = malloc(size);

	memset(p, 1, size);
	while (size < final) {
		const size_t more =
			size + size / 3 < final ? size + size / 3 : final;
		p = realloc(p, more);
		check(p != NULL);
		memset(p + size, 1, more - size);
		size = more;
	}
	for (size_t i = 0; i < size; i += 4096)
		check(p[i] == 1);
	check_cmp(proc_field("/proc/self/status", "VmHWM:"), <,
		(long)(final >> 10) * 110 / 100 + 10000);
	free(p);
	return 0;
}
