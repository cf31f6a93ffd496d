/* malloc_get_state and malloc_set_state are there and fail, as in glibc. */
/* glibc: no, nothing new can link with its functions */
#include <stdlib.h>

#include "test/preload/check.h"

void *malloc_get_state(void) __attribute__((weak));
int malloc_set_state(void *state) __attribute__((weak));

int main(void)
{
	errno = 0;
	check(malloc_get_state() == NULL && errno == ENOSYS);
	errno = 0;
	check(malloc_set_state(NULL) == -1 && errno == ENOSYS);
	return 0;
}
