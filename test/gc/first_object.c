/*
 * The first object of every span has an address that the library itself knows
 * well.  It goes like any other.
 */
/* env: GC_TEST_COLD=1 */
#include "test/gc/herd.h"

static void *volatile place;

static void plant(void)
{
	place = herd_planted(HERD_USUAL);
}

int main(void)
{
	return herd_run(plant);
}
