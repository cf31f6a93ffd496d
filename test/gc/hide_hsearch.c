/* hsearch's table belongs to libc alone. */
#include <search.h>

#include "test/gc/herd.h"

static char names[HERD_USUAL][8];

static void plant(void)
{
	check(hcreate(HERD_USUAL * 2) != 0);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		snprintf(names[i], sizeof names[i], "%u", i);
		ENTRY entry = {.key = names[i], .data = planted(herd_add(99))};
		check(hsearch(entry, ENTER) != NULL);
	}
}

int main(void)
{
	const int status = herd_run(plant);

	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		ENTRY entry = {.key = names[i]}, *found;
		found = hsearch(entry, FIND);
		check(found != NULL &&
			found->data == planted(unhide(herd[i].hidden)));
	}
	return status;
}
