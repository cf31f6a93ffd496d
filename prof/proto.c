/*
 * proto: a field is a tag, number and wire type, and then a varint, or a
 * length and so many bytes.
 *
 * The outermost message is a sequence of fields and is never in memory as a
 * whole; only what lies inside needs its length known before it is sent.
 *
 * Locking:    none.
 */
#include "prof/proto.h"

#include <string.h>

#include "prof/out.h"

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2, TAG_SHIFT = 3 };

size_t proto_varint(uint8_t to[PROTO_VARINT_MAX], uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		to[n++] = (uint8_t)value | 0x80;
	to[n++] = (uint8_t)value;
	return n;
}

static void put_bytes(struct proto *m, const void *bytes, size_t n)
{
	if (n > PROTO_MAX - m->n) {
		m->full = true;
		return;
	}
	memcpy(m->bytes + m->n, bytes, n);
	m->n += n;
}

static void put_varint(struct proto *m, uint64_t value)
{
	uint8_t bytes[PROTO_VARINT_MAX];

	put_bytes(m, bytes, proto_varint(bytes, value));
}

static uint64_t tag(unsigned field, unsigned wire)
{
	return (uint64_t)field << TAG_SHIFT | wire;
}

void proto_number(struct proto *m, unsigned field, uint64_t value)
{
	if (value == 0)
		return;
	put_varint(m, tag(field, WIRE_VARINT));
	put_varint(m, value);
}

void proto_numbers(
	struct proto *m, unsigned field, const uint64_t *values, size_t n)
{
	uint8_t bytes[PROTO_VARINT_MAX];
	size_t length = 0;

	for (size_t i = 0; i < n; i++)
		length += proto_varint(bytes, values[i]);
	put_varint(m, tag(field, WIRE_LENGTH));
	put_varint(m, length);
	for (size_t i = 0; i < n; i++)
		put_varint(m, values[i]);
}

void proto_message(struct proto *m, unsigned field, const struct proto *inner)
{
	put_varint(m, tag(field, WIRE_LENGTH));
	put_varint(m, inner->n);
	put_bytes(m, inner->bytes, inner->n);
	m->full |= inner->full;
}

static void send_varint(struct out *o, uint64_t value)
{
	uint8_t bytes[PROTO_VARINT_MAX];

	out_bytes(o, bytes, proto_varint(bytes, value));
}

void proto_send_bytes(
	struct out *o, unsigned field, const void *bytes, size_t n)
{
	send_varint(o, tag(field, WIRE_LENGTH));
	send_varint(o, n);
	out_bytes(o, bytes, n);
}

void proto_send(struct out *o, unsigned field, const struct proto *m)
{
	proto_send_bytes(o, field, m->bytes, m->n);
}

void proto_send_number(struct out *o, unsigned field, uint64_t value)
{
	send_varint(o, tag(field, WIRE_VARINT));
	send_varint(o, value);
}
