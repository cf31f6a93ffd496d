/* operator new without memory and without a C++ runtime that could throw. */
/* glibc: no, such a program has no operator new of its own */
/* case: throwing abort
 * `goalloc: operator new: no memory for 9223372036854775807 bytes` */
/* case: nothrow exit 0 */
#include <stdlib.h>

#include "test/preload/check.h"

int main(int argc, char **argv)
{
	void *(*operator_new)(size_t) =
		(void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
	void *(*operator_new_nothrow)(size_t, const void *) = (void *(*)(size_t,
		const void *))dlsym(RTLD_DEFAULT, "_ZnwmRKSt9nothrow_t");

	check(argc == 2);
	if (strcmp(argv[1], "nothrow") == 0)
		check(operator_new_nothrow(PTRDIFF_MAX, "") == NULL);
	else
		operator_new(PTRDIFF_MAX);
	return 0;
}
