/*
 * gzip: a small compressor, RFC 1951 and 1952.  See gzip.c.
 */
#ifndef PROF_GZIP_H
#define PROF_GZIP_H

#include <stddef.h>
#include <stdint.h>

enum {
	GZIP_BLOCK_MAX = 64 << 10, /* bytes that go in at once */
	/* What they may become: nine bits for eight, and the frame. */
	GZIP_BOUND = GZIP_BLOCK_MAX / 8 * 9 + 64,
	GZIP_HASH_BITS = 13,
};

/* Where one stream stands; zero at first.  Owner only. */
struct gzip {
	uint64_t bits;   /* not yet whole bytes, the first at the bottom */
	unsigned nbits;  /* how many */
	uint32_t crc;    /* of what went in, inverted */
	uint32_t nbytes; /* of it */
	uint8_t *at;     /* where the next byte goes */
	uint16_t heads[1 << GZIP_HASH_BITS]; /* last place of each hash, + 1 */
	uint32_t crc_of[256];                /* of each byte */
};

/* Writes the header to `to`; how many bytes it is. */
size_t gzip_begin(struct gzip *z, uint8_t *to);

/* Compresses n <= GZIP_BLOCK_MAX bytes; how many bytes that gives. */
size_t gzip_block(struct gzip *z, const uint8_t *p, size_t n, uint8_t *to);

/* Writes the end; how many bytes it is. */
size_t gzip_end(struct gzip *z, uint8_t *to);

#endif
