/*
 * checkmark: what a mark beside the program has found, against one that
 * nobody disturbs.
 *
 *   marks --save--> copy; mark everything again, stopped; each object marked
 *   now must be marked in the copy
 *
 * One that is not was reached by a pointer whose store the first mark missed:
 * the next sweep would have freed it in use.  The process dies and names it.
 * The other way round is no mistake: what became unreachable during the first
 * mark is garbage that floats until the next.
 *
 * Both marks see the same roots, so this finds faults of concurrency, not
 * roots that are missed; gcsound=1 finds those.
 */
#include "gc/checkmark.h"

#include <stddef.h>
#include <stdint.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/heapmap.h"
#include "core/os.h"
#include "core/os_own.h"
#include "gc/heapwalk.h"
#include "gc/mark.h"

/* The copy: the words of all spans, in the order of heapwalk. */
static struct {
	uint64_t *words;   /* memory of our own */
	size_t capacity;   /* words there is room for */
	size_t n;          /* words so far */
	uint64_t nfloated; /* objects that the second mark did not reach */
} saved;

static void count_span(struct mspan *s, void *n)
{
	*(size_t *)n += mspan_nwords(s->nelems);
}

static void save_span(struct mspan *s, void *unused)
{
	const uint64_t *marks = mspan_marks(s);

	(void)unused;
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++)
		saved.words[saved.n++] = marks[w];
}

bool checkmark_save(void)
{
	size_t need = 0;

	heapwalk(count_span, &need);
	if (need > saved.capacity) {
		if (saved.words != NULL)
			os_own_unmap(saved.words, saved.capacity * 8);
		saved.capacity = 2 * need;
		saved.words = os_own_map(saved.capacity * 8);
	}
	if (saved.words == NULL) {
		saved.capacity = 0;
		return false;
	}
	saved.n = 0;
	heapwalk(save_span, NULL);
	return true;
}

static void compare_span(struct mspan *s, void *unused)
{
	const uint64_t *marks = mspan_marks(s);

	(void)unused;
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++) {
		uint64_t first = saved.words[saved.n++];
		uint64_t missed =
			marks[w] & ~first & mspan_allocated_bits(s, w);
		if (missed != 0) {
			struct objref o = {s, w * 64 + ctz64(missed)};
			fatal("gccheckmark: 0x%lx (%zu bytes) is reachable "
			      "and was not marked",
				mspan_object(o), mspan_elemsize(s));
		}
		saved.nfloated += popcount64(
			first & ~marks[w] & mspan_allocated_bits(s, w));
	}
}

unsigned long checkmark_compare(void)
{
	saved.n = 0;
	saved.nfloated = 0;
	heapwalk(compare_span, NULL);
	return saved.nfloated;
}
