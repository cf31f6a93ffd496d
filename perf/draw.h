/*
 * draw: random numbers and block sizes, the same on every machine.
 *
 * Every benchmark and load takes its randomness from here with a fixed seed,
 * so that two runs do the same work and a difference in time is the
 * allocator's.  The generator is a 64-bit counter through a mixing function
 * (the "splitmix" construction): one multiply chain, no tables, and a state
 * that can be handed from thread to thread.
 */
#ifndef PERF_DRAW_H
#define PERF_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw {
	uint64_t state; /* the counter; any value is a good seed */
};

/* The next 64 random bits. */
static inline uint64_t draw_bits(struct draw *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number below limit; the bias of limit / 2^32 does not matter here. */
static inline uint32_t draw_below(struct draw *d, uint32_t limit)
{
	return (draw_bits(d) >> 32) * limit >> 32;
}

/* A number in lo..hi, both included, every one equally likely. */
static inline size_t draw_range(struct draw *d, size_t lo, size_t hi)
{
	return lo + draw_below(d, (uint32_t)(hi - lo + 1));
}

/* An index below limit that favours low ones: u^4 of a uniform u. */
static inline uint32_t draw_skewed(struct draw *d, uint32_t limit)
{
	uint64_t u = draw_bits(d) >> 32;

	u = u * u >> 32;
	u = u * u >> 32;
	return u * limit >> 32;
}

/*
 * Sizes as programs ask for them: three in five are at most 64 bytes, one in
 * fifty is above 512.  The mean is about 95 bytes.
 */
static inline size_t draw_small_size(struct draw *d)
{
	const uint32_t percent = draw_below(d, 100);

	if (percent < 60)
		return draw_range(d, 16, 64);
	if (percent < 82)
		return draw_range(d, 65, 128);
	if (percent < 98)
		return draw_range(d, 129, 512);
	return draw_range(d, 513, 2048);
}

/* The same with the tail that servers have: buffers up to 128 KiB. */
static inline size_t draw_server_size(struct draw *d)
{
	const uint32_t permille = draw_below(d, 1000);

	if (permille < 985)
		return draw_small_size(d);
	if (permille < 999)
		return draw_range(d, 2049, 16384);
	return draw_range(d, 16385, 131072);
}

#endif
