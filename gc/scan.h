/*
 * scan: which words of some memory lie in a range of addresses.
 *
 * Words are looked at on every multiple of 4 bytes, since packed structs hold
 * pointers there (Ruby's I/O buffers, arrays of struct epoll_event).  What
 * tells most words from addresses of the heap is their upper half, so one
 * look at each half is enough for both.
 *
 * Memory may change meanwhile; each word is seen as it was at some moment, or
 * torn where the program's own store would be.
 */
#ifndef GC_SCAN_H
#define GC_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

/* What to look for: addresses in [base, base + size). */
struct scan_window {
	uintptr_t base; /* first address */
	size_t size;    /* bytes */
};

enum {
	SCAN_GRAIN = 4, /* bytes between two words that are looked at */
	SCAN_STEP = 16, /* words looked at in one step */
};

/* The word at any address. */
static inline uintptr_t scan_load(const char *at)
{
	uintptr_t w;

	__builtin_memcpy(&w, at, sizeof w);
	return w;
}

/* Puts the word at `at` to out[n] if it lies in the window; n, or one more. */
static inline unsigned scan_take(const char *at, const struct scan_window *win,
	uintptr_t *out, unsigned n)
{
	uintptr_t w = scan_load(at);

	out[n] = w;
	return n + (w - win->base < win->size);
}

/* The same for n words from `at` on, SCAN_GRAIN apart; at most SCAN_STEP. */
static inline unsigned scan_few(const char *at, unsigned nwords,
	const struct scan_window *win, uintptr_t *out, unsigned n)
{
	for (unsigned i = 0; i < nwords; i++)
		n = scan_take(at + i * SCAN_GRAIN, win, out, n);
	return n;
}

#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__) &&                      \
	!defined(__SANITIZE_ADDRESS__)
#include "gc/scan_x86_64.h"
#else
#include "gc/scan_generic.h"
#endif

#endif
