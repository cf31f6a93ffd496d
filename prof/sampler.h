/*
 * sampler: which allocations a profile sees, and what each stands for.
 *
 * Every byte allocated starts a sample with the same small chance, one in
 * `rate`, independent of all others; an allocation is sampled when one of its
 * bytes is.  So the distance between samples is exponential, an allocation of
 * size bytes is sampled with probability 1 - exp(-size / rate), and counting
 * each sample as the reciprocal of that makes every sum unbiased.
 *
 * Whole numbers only: the arithmetic runs inside malloc, where it must not
 * touch the program's floating-point flags or meet its traps.
 *
 * Context: any, handler included.
 */
#ifndef PROF_SAMPLER_H
#define PROF_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/compiler.h"

/* Probabilities are fractions of this. */
#define SAMPLER_ONE (UINT64_C(1) << 60)

/* Where one thread stands.  Owner only. */
struct sampler {
	uint64_t random; /* state of its random numbers; 0: not started */
	uint64_t left;   /* bytes until the next sample, that one included */
	uint32_t rate; /* mean of what `left` was drawn from; 0: no sampling */
};

/* The next number of the sequence; all 64 bits are random. */
uint64_t sampler_random(uint64_t *state);

/* Where a new sequence starts: another place at each call. */
uint64_t sampler_seed(void);

/* Sequences start at places derived from seed; 0: from the kernel. */
void sampler_set_seed(uint64_t seed);

/* Bytes up to and including the next sampled one: at least 1, mean rate. */
uint64_t sampler_distance(uint64_t *state, uint32_t rate);

/*
 * Objects of size bytes up to and including the next sampled one, at least 1.
 */
uint64_t sampler_objects(uint64_t *state, uint32_t rate, size_t size);

/* The rest of sampler_hit: the rate is another one, or a sample is due. */
COLD bool sampler_hit_slow(struct sampler *s, size_t size, uint32_t rate);

/* Counts an allocation of size bytes and says whether to sample it. */
static inline bool sampler_hit(struct sampler *s, size_t size, uint32_t rate)
{
	if (likely(s->rate == rate && size < s->left)) {
		s->left -= size;
		return false;
	}
	return rate != 0 && sampler_hit_slow(s, size, rate);
}

/* The probability that an allocation of size bytes is sampled. */
uint64_t sampler_probability(size_t size, uint32_t rate);

/* What a sampled amount stands for: amount / probability, rounded. */
uint64_t sampler_weigh(uint64_t amount, uint64_t probability);

#endif
