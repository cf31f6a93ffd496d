/*
 * scan on x86-64: 16 upper halves in one look, by SSE2.
 *
 * An upper half may belong to an address if it is at least that of the
 * window's base and at most that of its end.  Compares are signed, so both
 * sides are moved by 2^31.
 */
#ifndef GC_SCAN_X86_64_H
#define GC_SCAN_X86_64_H

#include <emmintrin.h>

enum { SCAN_PAGE = 4096 /* memory is there or not by pages of this size */ };

/* Which of four upper halves, from `at` on, may be an address's: all ones. */
static inline __m128i scan_halves(const char *at, __m128i low, __m128i count)
{
	__m128i half = _mm_loadu_si128((const __m128i *)(const void *)at);

	return _mm_cmpgt_epi32(count, _mm_sub_epi32(half, low));
}

/*
 * Which of 16 upper halves from `at` on may be an address's, as bits.  Nothing
 * is read behind at + last + 16; what would lie there is any bit.
 */
static inline unsigned scan_likely(
	const char *at, size_t last, const struct scan_window *win)
{
	uint32_t first = (uint32_t)(win->base >> 32);
	uint32_t end = (uint32_t)((win->base + win->size) >> 32);
	__m128i low = _mm_set1_epi32((int)(first + 0x80000000u));
	__m128i count = _mm_set1_epi32((int)(end - first + 1 + 0x80000000u));

	__m128i a = _mm_packs_epi32(scan_halves(at, low, count),
		scan_halves(at + (last < 16 ? last : 16), low, count));
	__m128i b = _mm_packs_epi32(
		scan_halves(at + (last < 32 ? last : 32), low, count),
		scan_halves(at + last, low, count));
	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(a, b));
}

/* Takes those of the likely words that are addresses. */
static inline unsigned scan_likely_words(const char *at, unsigned likely,
	const struct scan_window *win, uintptr_t *out, unsigned n)
{
	for (; likely != 0; likely &= likely - 1)
		n = scan_take(at + (size_t)__builtin_ctz(likely) * SCAN_GRAIN,
			win, out, n);
	return n;
}

/* A whole step; there is room for SCAN_STEP words at out[n]. */
static inline unsigned scan_step(const char *at, const struct scan_window *win,
	uintptr_t *out, unsigned n)
{
	unsigned likely = scan_likely(at + SCAN_GRAIN, 48, win);

	return scan_likely_words(at, likely, win, out, n);
}

/*
 * Less than a step.  Looks no further than the 16 bytes in which the last word
 * ends: the next cache line, or page, is the next object's.
 */
static inline unsigned scan_rest(const char *at, unsigned nwords,
	const struct scan_window *win, uintptr_t *out, unsigned n)
{
	size_t last = nwords / 4 * 16; /* where these 16 bytes begin */

	if ((uintptr_t)at % SCAN_PAGE + last + 16 > SCAN_PAGE)
		return scan_few(at, nwords, win, out, n);
	/* Word i has upper half i + 1. */
	unsigned likely =
		scan_likely(at, last, win) >> 1 & ((1u << nwords) - 1);
	return scan_likely_words(at, likely, win, out, n);
}

#endif
