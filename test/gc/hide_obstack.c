/* obstack's chunks are chained backwards, from one struct. */
#include <obstack.h>

#include "test/gc/herd.h"

#define obstack_chunk_alloc malloc
#define obstack_chunk_free  free

static struct obstack stack;

static void plant(void)
{
	obstack_init(&stack);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		obstack_ptr_grow(&stack, planted(herd_add(16 + i)));
		if (i % 10 == 0)
			(void)obstack_finish(&stack);
		obstack_blank(&stack, 96);
	}
}

int main(void)
{
	return herd_run(plant);
}
