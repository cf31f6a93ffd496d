/*
 * sha256: FIPS 180-4, for files.
 *
 * The constants are what the standard says: the first 32 bits of the
 * fractional parts of the square and cube roots of the first primes.  They
 * are computed, since a table of 72 numbers would be harder to trust.  The
 * roots are below 20, so a long double has bits to spare.
 */
#include "cmd/sha256.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, NROUNDS = 64, NSTATE = 8 };

struct sha256 {
	uint32_t state[NSTATE];
	uint32_t rounds[NROUNDS];
	unsigned char block[BLOCK];
	size_t used;     /* bytes in block */
	uint64_t nbytes; /* so far */
};

static uint32_t fraction_bits(long double x)
{
	return (uint32_t)(0x1p32L * (x - floorl(x)));
}

static void sha256_start(struct sha256 *s)
{
	int n = 0;

	*s = (struct sha256){0};
	for (int p = 2; n < NROUNDS; p++) {
		bool is_prime = true;
		for (int d = 2; d * d <= p; d++)
			is_prime = is_prime && p % d != 0;
		if (!is_prime)
			continue;
		if (n < NSTATE)
			s->state[n] = fraction_bits(sqrtl(p));
		s->rounds[n++] = fraction_bits(cbrtl(p));
	}
}

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void sha256_block(struct sha256 *s)
{
	uint32_t w[NROUNDS];
	uint32_t v[NSTATE];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)s->block[4 * i] << 24 |
		       (uint32_t)s->block[4 * i + 1] << 16 |
		       (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (int i = 16; i < NROUNDS; i++) {
		const uint32_t a = w[i - 15];
		const uint32_t b = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(v, s->state, sizeof v);
	for (int i = 0; i < NROUNDS; i++) {
		const uint32_t a = v[0];
		const uint32_t e = v[4];
		const uint32_t t1 =
			v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			((e & v[5]) ^ (~e & v[6])) + s->rounds[i] + w[i];
		const uint32_t t2 =
			(rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < NSTATE; i++)
		s->state[i] += v[i];
	s->used = 0;
}

static void sha256_add(struct sha256 *s, const unsigned char *p, size_t n)
{
	s->nbytes += n;
	while (n > 0) {
		size_t part = BLOCK - s->used;
		if (part > n)
			part = n;
		memcpy(s->block + s->used, p, part);
		s->used += part;
		p += part;
		n -= part;
		if (s->used == BLOCK)
			sha256_block(s);
	}
}

/* The bit 1, zeros, and the length in bits fill the last block. */
static void sha256_end(struct sha256 *s, char digest[SHA256_TEXT])
{
	static const unsigned char padding[BLOCK] = {0x80};
	const uint64_t nbits = s->nbytes * 8;
	unsigned char length[8];

	sha256_add(s, padding, 1 + (119 - s->nbytes % BLOCK) % BLOCK);
	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(nbits >> (56 - 8 * i));
	sha256_add(s, length, sizeof length);
	for (int i = 0; i < NSTATE; i++)
		sprintf(digest + 8 * i, "%08x", s->state[i]);
}

bool sha256_file(const char *path, char digest[SHA256_TEXT])
{
	struct sha256 s;
	unsigned char bytes[16384];
	size_t n;
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return false;
	sha256_start(&s);
	while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
		sha256_add(&s, bytes, n);
	const bool is_read = !ferror(in);
	fclose(in);
	if (is_read)
		sha256_end(&s, digest);
	return is_read;
}
