/* A doubly linked list whose links are the exclusive or of both neighbours. */
/* expect: limit, XOR-linked lists */
#include "test/gc/herd.h"

struct node {
	uintptr_t link; /* previous ^ next */
};

static void *volatile first; /* the list is walked from here */

static void plant(void)
{
	struct node *previous = NULL;

	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		struct node *n = malloc(64 + i);
		herd_adopt(n, 64 + i, sizeof *n);
		n->link = (uintptr_t)previous;
		if (previous == NULL)
			first = n;
		else
			previous->link ^= (uintptr_t)n;
		previous = n;
	}
}

int main(void)
{
	return herd_run(plant);
}
