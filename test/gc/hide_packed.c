/* A struct packed to bytes: its pointers lie at odd addresses. */
/* expect: limit, pointers at odd addresses */
#include "test/gc/herd.h"

struct __attribute__((packed)) packed {
	char tag;
	void *pointer;
	char end[3];
};

static volatile struct packed structs[HERD_USUAL];

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++)
		structs[i].pointer = herd_add(16 + i);
}

int main(void)
{
	return herd_run(plant);
}
