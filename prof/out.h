/*
 * out: bytes on their way to a file descriptor, through gzip if asked.
 *
 * Context: any but a handler; blocks as the descriptor does.
 */
#ifndef PROF_OUT_H
#define PROF_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUT_SIZE = 64 << 10 /* bytes that are collected */ };

struct gzip;

/* Owner only. */
struct out {
	int fd;            /* where they go */
	int error;         /* the first errno; 0: none */
	size_t n;          /* bytes collected */
	uint8_t *buf;      /* OUT_SIZE of them */
	struct gzip *gzip; /* NULL: as they are */
	uint8_t *packed;   /* GZIP_BOUND bytes; NULL without gzip */
};

/* Begins; false: no memory. */
bool out_open(struct out *o, int fd, bool gzip);

/* Adds n bytes. */
void out_bytes(struct out *o, const void *bytes, size_t n);

/* Adds a string, without its 0. */
void out_string(struct out *o, const char *s);

/* Adds a line in the manner of format(), at most 255 bytes long. */
void out_format(struct out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends: all is written.  0 or the first errno that there was. */
int out_close(struct out *o);

#endif
