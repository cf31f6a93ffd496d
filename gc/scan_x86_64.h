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

/* Which of the 16 words from `at` on may be addresses, as bits. */
static inline unsigned scan_likely(
	const char *at, const struct scan_window *win)
{
	uint32_t first = (uint32_t)(win->base >> 32);
	uint32_t last = (uint32_t)((win->base + win->size) >> 32);
	__m128i low = _mm_set1_epi32((int)(first + 0x80000000u));
	__m128i count = _mm_set1_epi32((int)(last - first + 1 + 0x80000000u));
	const char *half = at + sizeof(uint32_t);

	__m128i a = _mm_packs_epi32(scan_halves(half, low, count),
		scan_halves(half + 16, low, count));
	__m128i b = _mm_packs_epi32(scan_halves(half + 32, low, count),
		scan_halves(half + 48, low, count));
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
	return scan_likely_words(at, scan_likely(at, win), win, out, n);
}

/* Less than a step: looks at a whole one if that is in the same page. */
static inline unsigned scan_rest(const char *at, unsigned nwords,
	const struct scan_window *win, uintptr_t *out, unsigned n)
{
	size_t reach = SCAN_STEP * SCAN_GRAIN + sizeof(uint32_t);

	if ((uintptr_t)at % SCAN_PAGE > SCAN_PAGE - reach)
		return scan_few(at, nwords, win, out, n);
	unsigned likely = scan_likely(at, win) & ((1u << nwords) - 1);
	return scan_likely_words(at, likely, win, out, n);
}

#endif
