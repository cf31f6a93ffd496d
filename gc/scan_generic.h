/*
 * scan on any machine.
 */
#ifndef GC_SCAN_GENERIC_H
#define GC_SCAN_GENERIC_H

/* A whole step; there is room for SCAN_STEP words at out[n]. */
static inline unsigned scan_step(const char *at, const struct scan_window *win,
	uintptr_t *out, unsigned n)
{
	return scan_few(at, SCAN_STEP, win, out, n);
}

/* Less than a step. */
static inline unsigned scan_rest(const char *at, unsigned nwords,
	const struct scan_window *win, uintptr_t *out, unsigned n)
{
	return scan_few(at, nwords, win, out, n);
}

#endif
