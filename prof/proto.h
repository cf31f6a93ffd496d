/*
 * proto: one message in protocol buffers' encoding, in a buffer.
 *
 * Numbers are those of the .proto file.  What does not fit is left out, and
 * `full` says so.
 *
 * Context: any.
 */
#ifndef PROF_PROTO_H
#define PROF_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

enum {
	PROTO_MAX = 4096,      /* bytes of a message that others hold */
	PROTO_VARINT_MAX = 10, /* bytes of one number */
};

/* A message under construction; n and full are 0 at first. */
struct proto {
	size_t n;                 /* bytes in it */
	bool full;                /* something did not fit */
	uint8_t bytes[PROTO_MAX]; /* the message */
};

/* Begins a message. */
static inline void proto_begin(struct proto *m)
{
	m->n = 0;
	m->full = false;
}

/* Writes value to `to`; how many bytes it is. */
size_t proto_varint(uint8_t to[PROTO_VARINT_MAX], uint64_t value);

/* A field that is a number; 0 is the default and takes no room. */
void proto_number(struct proto *m, unsigned field, uint64_t value);

/* A field that is n numbers, packed. */
void proto_numbers(
	struct proto *m, unsigned field, const uint64_t *values, size_t n);

/* A field that is a message. */
void proto_message(struct proto *m, unsigned field, const struct proto *inner);

/* Sends a field that is a message, or a string, of the outermost message. */
void proto_send(struct out *o, unsigned field, const struct proto *m);
void proto_send_bytes(
	struct out *o, unsigned field, const void *bytes, size_t n);

/* Sends a field that is a number of the outermost message. */
void proto_send_number(struct out *o, unsigned field, uint64_t value);

#endif
