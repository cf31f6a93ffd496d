/*
 * pagebits: a set of the 512 pages of one chunk, and the runs in it.
 *
 * Everything works on whole words.  A run that crosses words is put together
 * from the members at the top of one word and those at the bottom of the
 * next; a run inside a word is found by shrinking:
 *
 *   x                     . # # # . # #      (# member)
 *   x & x >> 1            . # # . . # .      where 2 members begin
 *   that & that >> 1      . # . . . . .      where 3 members begin
 *
 * and shifts by 1, 2, 4 ... do n - 1 steps in log2(n).
 *
 * Locking:    none; the caller owns the set.
 * Context:    any.
 */
#include "core/pagebits.h"

#include "core/compiler.h"

/* The bits of word w that stand for the pages first .. last. */
static uint64_t pagebits_mask(unsigned w, unsigned first, unsigned last)
{
	const unsigned low = w == first / 64 ? first % 64 : 0;
	const unsigned high = w == last / 64 ? last % 64 : 63;

	return low_bits64(high + 1) & ~low_bits64(low);
}

void pagebits_add(struct pagebits *b, unsigned first, unsigned npages)
{
	const unsigned last = first + npages - 1;

	for (unsigned w = first / 64; w <= last / 64; w++)
		b->word[w] |= pagebits_mask(w, first, last);
}

void pagebits_remove(struct pagebits *b, unsigned first, unsigned npages)
{
	const unsigned last = first + npages - 1;

	for (unsigned w = first / 64; w <= last / 64; w++)
		b->word[w] &= ~pagebits_mask(w, first, last);
}

unsigned pagebits_count(
	const struct pagebits *b, unsigned first, unsigned npages)
{
	const unsigned last = first + npages - 1;
	unsigned count = 0;

	for (unsigned w = first / 64; w <= last / 64; w++)
		count += popcount64(b->word[w] & pagebits_mask(w, first, last));
	return count;
}

/* Members at the bottom of the word, before the first gap. */
static unsigned pagebits_low_run(uint64_t x)
{
	return ~x == 0 ? 64 : ctz64(~x);
}

/* Members at the top of the word, after the last gap. */
static unsigned pagebits_high_run(uint64_t x)
{
	return ~x == 0 ? 64 : clz64(~x);
}

/* A bit wherever n members begin that lie inside the word; 1 <= n <= 64. */
static uint64_t pagebits_shrink(uint64_t x, unsigned n)
{
	unsigned left = n - 1;

	for (unsigned step = 1; left > step && x != 0; step *= 2) {
		x &= x >> step;
		left -= step;
	}
	return x & x >> left;
}

unsigned pagebits_find_run(
	const struct pagebits *b, unsigned from, unsigned npages)
{
	unsigned run = 0; /* members that end where word w begins */

	for (unsigned w = from / 64; w < CHUNK_WORDS; w++) {
		uint64_t x = b->word[w];
		if (w == from / 64)
			x &= ~low_bits64(from % 64);
		if (x == 0) {
			run = 0;
			continue;
		}
		if (run + pagebits_low_run(x) >= npages)
			return w * 64 - run;
		if (~x == 0) {
			run += 64;
			continue;
		}
		const uint64_t begins =
			npages < 64 ? pagebits_shrink(x, npages) : 0;
		if (begins != 0)
			return w * 64 + ctz64(begins);
		run = pagebits_high_run(x);
	}
	return PAGEBITS_NONE;
}

unsigned pagebits_find_last(const struct pagebits *b)
{
	for (unsigned w = CHUNK_WORDS; w-- > 0;) {
		if (b->word[w] != 0)
			return w * 64 + floor_log2(b->word[w]);
	}
	return PAGEBITS_NONE;
}

unsigned pagebits_run_below(const struct pagebits *b, unsigned end)
{
	unsigned at = end; /* everything from here to end is a member */

	while (at > 0) {
		const unsigned in_word = (at - 1) % 64 + 1;
		const uint64_t x = b->word[(at - 1) / 64];
		const unsigned run = pagebits_high_run(x << (64 - in_word));
		if (run < in_word)
			return end - at + run;
		at -= in_word;
	}
	return end;
}

/* The longest run inside a word, or `max` when none is longer. */
static unsigned pagebits_longest_inside(uint64_t x, unsigned max)
{
	if (max >= 63)
		return max;
	x = pagebits_shrink(x, max + 1);
	while (x != 0) {
		max++;
		x &= x >> 1;
	}
	return max;
}

struct pagebits_runs pagebits_measure(const struct pagebits *b)
{
	struct pagebits_runs runs = {0, 0, 0};
	unsigned run = 0; /* members that end where word w begins */

	for (unsigned w = 0; w < CHUNK_WORDS; w++) {
		const uint64_t x = b->word[w];
		const unsigned low = pagebits_low_run(x);

		if (runs.start == w * 64)
			runs.start += low;
		run += low;
		if (run > runs.max)
			runs.max = run;
		if (low == 64)
			continue;

		/* The runs at both ends need no shrinking: leave them out. */
		run = pagebits_high_run(x);
		const uint64_t inside = x & (x + 1) & low_bits64(64 - run);
		if (inside != 0)
			runs.max = pagebits_longest_inside(inside, runs.max);
	}
	if (run > runs.max)
		runs.max = run;
	runs.end = run;
	return runs;
}
