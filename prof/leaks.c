/*
 * leaks: which live samples a collector's mark has not reached, by bucket.
 *
 * The profiler knows who allocated an object, the collector whether anything
 * still points to it; neither knows the other.  Whoever has both passes the
 * question in.
 *
 * Locking:    prof.
 */
#include "prof/leaks.h"

#include "prof/buckets.h"
#include "prof/prof.h"
#include "prof/samples.h"

static bool (*asked)(uintptr_t addr); /* guarded by prof */

static void count_if_lost(uintptr_t addr, struct bucket *b)
{
	if (asked(addr))
		b->nlost++;
}

void leaks_count(bool (*is_lost)(uintptr_t addr))
{
	prof_lock();
	asked = is_lost;
	for (struct bucket *b = buckets.newest; b != NULL; b = b->older)
		b->nlost = 0;
	samples_visit(count_if_lost);
	prof_unlock();
}
