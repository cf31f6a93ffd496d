/* tsearch's trees: glibc keeps the colour in a bit of each node's pointer. */
#include <search.h>

#include "test/gc/herd.h"

static void *tree;

static int compare(const void *a, const void *b)
{
	return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		check(tsearch(planted(herd_add(16 + i)), &tree, compare) !=
			NULL);
}

int main(void)
{
	const int status = herd_run(plant);

	for (uint32_t i = 0; i < HERD_USUAL; i++)
		check(tdelete(planted(unhide(herd[i].hidden)), &tree,
			      compare) != NULL);
	check(tree == NULL);
	return status;
}
