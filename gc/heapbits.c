/*
 * heapbits: one reserved array; pages appear where bits are set.
 *
 * Locking:    none.
 */
#include "gc/heapbits.h"

#include "core/atomics.h"
#include "core/bits.h"
#include "core/mheap.h"
#include "core/os.h"
#include "core/os_own.h"

bool heapbits_init(struct heapbits *h, unsigned shift)
{
	size_t size = align_up((mheap.window >> shift) / 8 + 8, os_page_size);

	if (h->words != NULL)
		return true;
	uint64_t *words = os_reserve(size);
	if (words == NULL)
		return false;
	if (!os_commit((uintptr_t)words, size)) {
		os_unmap(words, size);
		return false;
	}
	os_own_note((uintptr_t)words, size);
	*h = (struct heapbits){words, size, shift};
	return true;
}

void heapbits_clear(struct heapbits *h)
{
	os_purge((uintptr_t)h->words, h->size);
}

static uint64_t *word_of(
	const struct heapbits *h, uintptr_t addr, uint64_t *bit)
{
	size_t i = (addr - mheap.base) >> h->shift;

	*bit = UINT64_C(1) << i % 64;
	return &h->words[i / 64];
}

bool heapbits_set(struct heapbits *h, uintptr_t addr)
{
	uint64_t bit, *word = word_of(h, addr, &bit);

	return (fetch_or_seqcst(word, bit) & bit) != 0;
}

bool heapbits_unset(struct heapbits *h, uintptr_t addr)
{
	uint64_t bit, *word = word_of(h, addr, &bit);

	return (load_relaxed(word) & bit) != 0 &&
	       (fetch_and_seqcst(word, ~bit) & bit) != 0;
}

bool heapbits_test(const struct heapbits *h, uintptr_t addr)
{
	uint64_t bit, *word = word_of(h, addr, &bit);

	return (load_relaxed(word) & bit) != 0;
}
