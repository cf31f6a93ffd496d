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
 * What malloc hands out during the first mark is full of what was there before;
 * the first mark reads of it what lies on pages that were written since.  The
 * second reads the same words, or it would believe such leftovers.
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
#include "gc/heapbits.h"
#include "gc/heapwalk.h"
#include "gc/mark.h"

enum { OBJECT_SHIFT = 3 /* a bit for each 8 bytes, the least object */ };

static struct heapbits judged; /* by object: there when marking began */
static struct heapbits reread; /* by 8 bytes: read since, page by page */

static void note_span(struct mspan *s, void *unused)
{
	(void)unused;
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++) {
		uint64_t white = ~load_relaxed(&mspan_marks(s)[w]);
		for (; white != 0; white &= white - 1)
			heapbits_set(&judged, mspan_object((struct objref){s,
						      w * 64 + ctz64(white)}));
	}
}

/* What the first mark has read of a new object. */
static void read_new(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	uintptr_t begin = hi; /* of a run of words that were read */

	for (uintptr_t at = lo; at < hi; at += sizeof at) {
		if (heapbits_test(&reread, at)) {
			begin = at < begin ? at : begin;
			continue;
		}
		mark_words(m, begin, at);
		begin = hi;
	}
	mark_words(m, begin, hi);
}

static void read_object(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	if (heapbits_test(&judged, lo))
		mark_words(m, lo, hi);
	else
		read_new(m, lo, hi);
}

static void note_reread(uintptr_t lo, uintptr_t hi)
{
	lo = align_up(lo, sizeof lo);
	for (; lo + sizeof lo <= hi; lo += sizeof lo)
		heapbits_set(&reread, lo);
}

bool checkmark_begin(struct marker *m)
{
	if (!heapbits_init(&judged, OBJECT_SHIFT) ||
		!heapbits_init(&reread, OBJECT_SHIFT))
		return false;
	heapbits_clear(&judged);
	heapbits_clear(&reread);
	heapwalk(note_span, NULL);
	m->read = NULL; /* in the second mark only */
	m->note_reread = note_reread;
	return true;
}

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

bool checkmark_save(struct marker *m)
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
	m->read = read_object;
	saved.n = 0;
	heapwalk(save_span, NULL);
	return true;
}

/* Looks for words in the heap that point to an object. */
struct search {
	uintptr_t lo; /* the object */
	uintptr_t hi;
};

static void say_if_points(const struct search *f, struct objref o)
{
	const uintptr_t *words = (const uintptr_t *)mspan_object(o);
	size_t n = mspan_elemsize(o.span) / sizeof *words;

	for (size_t i = 0; i < n; i++)
		if (words[i] >= f->lo && words[i] < f->hi)
			say("gccheckmark: pointed to by word %zu of 0x%lx "
			    "(%zu bytes)",
				i, (uintptr_t)words, mspan_elemsize(o.span));
}

static void search_span(struct mspan *s, void *search)
{
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++) {
		uint64_t live = mspan_allocated_bits(s, w) &
				~load_relaxed(&mspan_remote(s)->bits[w]);
		for (; live != 0; live &= live - 1)
			say_if_points(search,
				(struct objref){s, w * 64 + ctz64(live)});
	}
}

static COLD void die_missed(struct objref o)
{
	struct search f = {
		mspan_object(o), mspan_object(o) + mspan_elemsize(o.span)};

	heapwalk(search_span, &f);
	fatal("gccheckmark: 0x%lx (%zu bytes) is reachable and was not marked",
		f.lo, f.hi - f.lo);
}

static void compare_span(struct mspan *s, void *unused)
{
	const uint64_t *marks = mspan_marks(s);

	(void)unused;
	for (unsigned w = 0; w < mspan_nwords(s->nelems); w++) {
		uint64_t first = saved.words[saved.n++];
		uint64_t missed =
			marks[w] & ~first & mspan_allocated_bits(s, w);
		if (missed != 0)
			die_missed((struct objref){s, w * 64 + ctz64(missed)});
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
