/*
 * sampler: exponential distances and sampling probabilities in fixed point.
 *
 *   distance      -ln(U) * rate, U uniform in (0, 1]: the logarithm to base 2
 *                 bit by bit, since squaring doubles it
 *   probability   1 - exp(-x), x = size / rate: a series for x <= 1, above
 *                 that the square of the root, as often as needed
 *
 * An exponential forgets: after a sample, a pause or a change of the rate a
 * fresh draw is as good as what was left of the old one.
 *
 * Locking:    none.  Context: any.
 */
#include "prof/sampler.h"

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os.h"

enum {
	UNIFORM_BITS = 53, /* of U */
	LOG_BITS = 32,     /* of the logarithm's fraction */
	LOG_STEPS = 12,    /* of them bit by bit */
	SERIES_TERMS = 24, /* 1/24! is below 2^-60 */
	CERTAIN_SHIFT = 6, /* exp(-64) is below 2^-60 */
	ONE_SHIFT = 60,    /* SAMPLER_ONE */
};

#define LN2 UINT64_C(2977044472) /* ln 2 with LOG_BITS of fraction */

static uint64_t next_seed; /* atomic; 0: not set */

uint64_t sampler_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void sampler_set_seed(uint64_t seed)
{
	store_relaxed(&next_seed, seed);
}

uint64_t sampler_seed(void)
{
	if (load_relaxed(&next_seed) == 0)
		store_relaxed(&next_seed, os_random() ^ os_now_ns());
	uint64_t state = fetch_add_relaxed(&next_seed, 1);
	return sampler_random(&state) | 1; /* 0 says "not started" */
}

/*
 * -log2(u / 2^UNIFORM_BITS) with LOG_BITS of fraction; u is not 0.  After
 * LOG_STEPS the rest is taken as a straight line, which is within 2^-15.
 */
static uint64_t negative_log2(uint64_t u)
{
	unsigned whole = floor_log2(u);
	uint64_t x = u << (63 - whole), fraction = 0; /* x is in [1, 2) */

	for (int i = 0; i < LOG_STEPS; i++) {
		unsigned __int128 square = (unsigned __int128)x * x;
		unsigned bit = (unsigned)(square >> 127);
		x = (uint64_t)(square >> (63 + bit));
		fraction = fraction << 1 | bit;
	}
	fraction = fraction << (LOG_BITS - LOG_STEPS) |
		   (x << 1) >> (64 - (LOG_BITS - LOG_STEPS));
	return ((uint64_t)(UNIFORM_BITS - whole) << LOG_BITS) - fraction;
}

uint64_t sampler_distance(uint64_t *state, uint32_t rate)
{
	uint64_t u = (sampler_random(state) >> (64 - UNIFORM_BITS)) + 1;
	unsigned __int128 e = (unsigned __int128)negative_log2(u) * LN2 * rate;

	return (uint64_t)(e >> (2 * LOG_BITS)) + 1;
}

uint64_t sampler_objects(uint64_t *state, uint32_t rate, size_t size)
{
	if (rate <= 1 || size == 0)
		return 1;
	return ceil_div(sampler_distance(state, rate), size);
}

bool sampler_hit_slow(struct sampler *s, size_t size, uint32_t rate)
{
	if (s->random == 0)
		s->random = sampler_seed();
	if (rate <= 1) {
		s->rate = 0; /* no size is below what is left */
		s->left = 0;
		return true;
	}
	if (s->rate != rate) {
		s->rate = rate;
		s->left = sampler_distance(&s->random, rate);
	}
	if (size < s->left) {
		s->left -= size;
		return false;
	}
	s->left = sampler_distance(&s->random, rate);
	return true;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	return (uint64_t)(((unsigned __int128)a * b) >> ONE_SHIFT);
}

/* 1 - exp(-x) for x up to 1: x - x^2/2! + x^3/3! - ... */
static uint64_t probability_by_series(uint64_t x)
{
	uint64_t sum = SAMPLER_ONE;

	for (uint64_t n = SERIES_TERMS; n >= 2; n--)
		sum = SAMPLER_ONE - multiply(x, sum) / n;
	return multiply(x, sum);
}

uint64_t sampler_probability(size_t size, uint32_t rate)
{
	if (rate <= 1 || size >> CERTAIN_SHIFT >= rate)
		return SAMPLER_ONE;
	unsigned __int128 x = ((unsigned __int128)size << ONE_SHIFT) / rate;
	unsigned nhalved = 0;
	for (; x > SAMPLER_ONE; x >>= 1)
		nhalved++;
	uint64_t p = probability_by_series((uint64_t)x);
	for (; nhalved > 0; nhalved--)
		p = SAMPLER_ONE - multiply(SAMPLER_ONE - p, SAMPLER_ONE - p);
	return p > 0 ? p : 1;
}

uint64_t sampler_weigh(uint64_t amount, uint64_t probability)
{
	unsigned __int128 scaled = (unsigned __int128)amount << ONE_SHIFT;
	unsigned __int128 result = (scaled + probability / 2) / probability;

	return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}
