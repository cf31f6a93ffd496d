/*
 * heapbits: one reserved array that is made usable as far as bits are set.
 *
 * No further: where the program has locked its memory (mlockall), all that is
 * usable is resident, and has to be cleared by hand.
 *
 * Invariants: words below `ready` bytes are usable; it only grows.
 * Locking:    none.
 */
#include "gc/heapbits.h"

#include "core/atomics.h"
#include "core/bits.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/os_own.h"

enum { READY_STEP = 64 << 10 /* bytes made usable at a time */ };

bool heapbits_init(struct heapbits *h, unsigned shift)
{
	size_t size = align_up((mheap.window >> shift) / 8 + 8, READY_STEP);

	if (h->words != NULL)
		return true;
	uint64_t *words = os_reserve(size);
	if (words == NULL)
		return false;
	os_own_note((uintptr_t)words, size);
	*h = (struct heapbits){.words = words, .shift = shift};
	return true;
}

void heapbits_clear(struct heapbits *h)
{
	if (h->ready > 0)
		os_purge((uintptr_t)h->words, h->ready);
}

static uint64_t *word_of(
	const struct heapbits *h, uintptr_t addr, uint64_t *bit)
{
	size_t i = (addr - mheap.base) >> h->shift;

	*bit = UINT64_C(1) << i % 64;
	return &h->words[i / 64];
}

static bool is_ready(const struct heapbits *h, const uint64_t *word)
{
	/* pairs: make_ready */
	return (size_t)((const char *)word - (const char *)h->words) <
	       load_acquire(&h->ready);
}

/* Two who come at once make the same memory usable, which is no harm. */
static COLD bool make_ready(struct heapbits *h, const uint64_t *word)
{
	size_t before = load_acquire(&h->ready);
	size_t ready = align_up(
		(uintptr_t)(word + 1) - (uintptr_t)h->words, READY_STEP);

	if (ready > before &&
		!os_commit((uintptr_t)h->words + before, ready - before))
		return false;
	while (before < ready && !try_cas_acqrel(&h->ready, &before, ready))
		; /* pairs: is_ready */
	return true;
}

bool heapbits_set(struct heapbits *h, uintptr_t addr)
{
	uint64_t bit, *word = word_of(h, addr, &bit);

	if (unlikely(!is_ready(h, word)) && !make_ready(h, word))
		return false;
	return (fetch_or_seqcst(word, bit) & bit) != 0;
}

bool heapbits_unset(struct heapbits *h, uintptr_t addr)
{
	uint64_t bit, *word = word_of(h, addr, &bit);

	return is_ready(h, word) && (load_relaxed(word) & bit) != 0 &&
	       (fetch_and_seqcst(word, ~bit) & bit) != 0;
}

bool heapbits_test(const struct heapbits *h, uintptr_t addr)
{
	uint64_t bit, *word = word_of(h, addr, &bit);

	return is_ready(h, word) && (load_relaxed(word) & bit) != 0;
}
