/* contexts_lib: allocates while it is loaded and unloaded. */
#include <stdlib.h>

void *contexts_kept[2];

__attribute__((constructor, noinline)) static void in_constructor(void)
{
	contexts_kept[0] = malloc(11111);
}

__attribute__((destructor, noinline)) static void in_destructor(void)
{
	contexts_kept[1] = malloc(12222);
}
