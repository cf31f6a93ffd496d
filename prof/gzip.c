/*
 * gzip: deflate with the fixed codes and one candidate per match.
 *
 * The preloaded library may need nothing but libc, so this is instead of
 * zlib.  Profiles are small; they shrink to about a third here, to a quarter
 * there.  Each block is compressed by itself: a match reaches back to the
 * block's first byte at most, 32 KiB in any case.
 *
 *   symbol   0..255 a byte, 256 the block's end, 257..285 a match's length
 *   match    length symbol, extra bits, distance symbol, extra bits
 *
 * Locking:    none.  Context: any.
 */
#include "prof/gzip.h"

#include <stdbool.h>
#include <string.h>

enum {
	MATCH_MIN = 4,
	MATCH_MAX = 258,
	DISTANCE_MAX = 32 << 10,
	END_OF_BLOCK = 256,
	FIRST_LENGTH = 257,
	FIXED_CODES = 1, /* a block's type */
};

static void put_bits(struct gzip *z, uint32_t bits, unsigned nbits)
{
	z->bits |= (uint64_t)bits << z->nbits;
	z->nbits += nbits;
	while (z->nbits >= 8) {
		*z->at++ = (uint8_t)z->bits;
		z->bits >>= 8;
		z->nbits -= 8;
	}
}

#define CRC_POLYNOMIAL UINT32_C(0xedb88320) /* reflected */

/* Huffman codes are sent with their first bit first. */
static void put_code(struct gzip *z, uint32_t code, unsigned nbits)
{
	uint32_t reversed = 0;

	for (unsigned i = 0; i < nbits; i++)
		reversed |= (code >> i & 1) << (nbits - 1 - i);
	put_bits(z, reversed, nbits);
}

/* The fixed code of RFC 1951, 3.2.6. */
static void put_symbol(struct gzip *z, unsigned symbol)
{
	if (symbol < 144)
		put_code(z, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(z, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(z, symbol - 256, 7);
	else
		put_code(z, 0xc0 + symbol - 280, 8);
}

static unsigned log2_of(unsigned n)
{
	return 31 - (unsigned)__builtin_clz(n);
}

/*
 * Lengths and distances both come in groups that double: `fine` symbols a
 * group, and as many extra bits as the group is wide.  n counts from 0.
 */
static unsigned group_symbol(unsigned n, unsigned fine_bits, unsigned *nextra)
{
	unsigned fine = 1u << fine_bits;

	*nextra = 0;
	if (n < 2 * fine)
		return n;
	*nextra = log2_of(n) - fine_bits;
	return (*nextra << fine_bits) + (n >> *nextra);
}

static void put_match(struct gzip *z, unsigned length, unsigned distance)
{
	unsigned nextra, n = length - 3;

	if (length == MATCH_MAX) {
		put_symbol(z, 285);
	} else {
		put_symbol(z, FIRST_LENGTH + group_symbol(n, 2, &nextra));
		put_bits(z, n & ((1u << nextra) - 1), nextra);
	}
	n = distance - 1;
	put_code(z, group_symbol(n, 1, &nextra), 5);
	put_bits(z, n & ((1u << nextra) - 1), nextra);
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof word);
	return word;
}

/* How many of at most max bytes are the same. */
static size_t match_length(const uint8_t *a, const uint8_t *b, size_t max)
{
	size_t n = 0;

	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* The match for p[i...], its length or 0; notes where these bytes are. */
static size_t find_match(
	struct gzip *z, const uint8_t *p, size_t i, size_t n, size_t *from)
{
	uint32_t hash = load32(p + i) * UINT32_C(2654435761);
	uint16_t *head = &z->heads[hash >> (32 - GZIP_HASH_BITS)];
	size_t at = *head, max = n - i < MATCH_MAX ? n - i : MATCH_MAX;

	/* 16 bits: the last byte of a block is never a candidate. */
	*head = i + 1 <= UINT16_MAX ? (uint16_t)(i + 1) : 0;
	*from = at - 1;
	if (at == 0 || i - *from > DISTANCE_MAX ||
		load32(p + *from) != load32(p + i))
		return 0;
	return match_length(p + *from, p + i, max);
}

static void crc_add(struct gzip *z, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		z->crc = z->crc_of[(z->crc ^ p[i]) & 0xff] ^ z->crc >> 8;
	z->nbytes += (uint32_t)n;
}

size_t gzip_block(struct gzip *z, const uint8_t *p, size_t n, uint8_t *to)
{
	size_t from;

	z->at = to;
	crc_add(z, p, n);
	memset(z->heads, 0, sizeof z->heads);
	put_bits(z, FIXED_CODES << 1, 3);
	for (size_t i = 0; i < n;) {
		size_t length =
			i + MATCH_MIN <= n ? find_match(z, p, i, n, &from) : 0;
		if (length >= MATCH_MIN) {
			put_match(z, (unsigned)length, (unsigned)(i - from));
			i += length;
		} else {
			put_symbol(z, p[i++]);
		}
	}
	put_symbol(z, END_OF_BLOCK);
	return (size_t)(z->at - to);
}

size_t gzip_begin(struct gzip *z, uint8_t *to)
{
	/* Deflate, no name, no time, made on Unix. */
	static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? CRC_POLYNOMIAL : 0);
		z->crc_of[i] = crc;
	}
	z->crc = UINT32_MAX;
	memcpy(to, header, sizeof header);
	return sizeof header;
}

size_t gzip_end(struct gzip *z, uint8_t *to)
{
	z->at = to;
	put_bits(z, FIXED_CODES << 1 | 1, 3); /* the last block, empty */
	put_symbol(z, END_OF_BLOCK);
	put_bits(z, 0, (8 - z->nbits) & 7);
	put_bits(z, ~z->crc, 32);
	put_bits(z, z->nbytes, 32);
	return (size_t)(z->at - to);
}
