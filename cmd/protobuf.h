/*
 * protobuf: the wire format of Protocol Buffers, as far as profiles use it.
 */
#ifndef CMD_PROTOBUF_H
#define CMD_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are read from the front. */
struct pb_in {
	const unsigned char *at;
	const unsigned char *end;
	bool bad; /* they are not in this format */
};

/* One field of a message. */
struct pb_field {
	unsigned number;
	bool is_bytes;      /* else it is a number */
	uint64_t value;     /* the number */
	struct pb_in bytes; /* the bytes: a string, message or packed numbers */
};

/* The next field; false at the end, or where p->bad is set. */
bool pb_next(struct pb_in *p, struct pb_field *f);

/* The next number of a field that may be packed; false: no more. */
bool pb_next_number(struct pb_field *f, uint64_t *n);

/* A message being written. */
struct pb_out {
	unsigned char *bytes; /* the caller frees them */
	size_t n;
	size_t cap;
};

/* A number; 0 is left out, being the default. */
void pb_put_number(struct pb_out *o, unsigned number, uint64_t value);

/* Bytes, even if there are none. */
void pb_put_bytes(
	struct pb_out *o, unsigned number, const void *bytes, size_t size);

/* Numbers, packed. */
void pb_put_packed(
	struct pb_out *o, unsigned number, const uint64_t *values, size_t n);

/* A message, which is emptied for the next use. */
void pb_put_message(struct pb_out *o, unsigned number, struct pb_out *message);

#endif
