/*
 * protobuf: see protobuf.h.
 *
 * Context:    one thread.
 */
#include "cmd/protobuf.h"

#include <string.h>

#include "cmd/say.h"

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

static uint64_t take_varint(struct pb_in *p)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && p->at < p->end; shift += 7) {
		unsigned char c = *p->at++;
		value |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return value;
	}
	p->bad = true;
	p->at = p->end;
	return 0;
}

static struct pb_in take_bytes(struct pb_in *p, uint64_t size)
{
	struct pb_in bytes = {p->at, p->at, false};

	if (size > (uint64_t)(p->end - p->at)) {
		p->bad = true;
		p->at = p->end;
		return bytes;
	}
	p->at += size;
	bytes.end = p->at;
	return bytes;
}

bool pb_next(struct pb_in *p, struct pb_field *f)
{
	if (p->at >= p->end)
		return false;
	uint64_t key = take_varint(p);
	*f = (struct pb_field){.number = (unsigned)(key >> 3)};
	switch (key & 7) {
	case WIRE_VARINT: f->value = take_varint(p); break;
	case WIRE_64: take_bytes(p, 8); break;
	case WIRE_32: take_bytes(p, 4); break;
	case WIRE_BYTES:
		f->is_bytes = true;
		f->bytes = take_bytes(p, take_varint(p));
		break;
	default: p->bad = true;
	}
	p->bad |= f->number == 0;
	return !p->bad;
}

bool pb_next_number(struct pb_field *f, uint64_t *n)
{
	if (f->is_bytes) {
		if (f->bytes.at >= f->bytes.end)
			return false;
		*n = take_varint(&f->bytes);
		return !f->bytes.bad;
	}
	*n = f->value;
	f->is_bytes = true; /* there is but one */
	return true;
}

static void put(struct pb_out *o, const void *bytes, size_t size)
{
	while (o->cap < o->n + size)
		o->bytes = must_grow(o->bytes, o->cap, &o->cap, 1);
	if (size > 0)
		memcpy(o->bytes + o->n, bytes, size);
	o->n += size;
}

static void put_varint(struct pb_out *o, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (unsigned char)(value | 0x80);
	bytes[n++] = (unsigned char)value;
	put(o, bytes, n);
}

void pb_put_number(struct pb_out *o, unsigned number, uint64_t value)
{
	if (value == 0)
		return;
	put_varint(o, number << 3 | WIRE_VARINT);
	put_varint(o, value);
}

void pb_put_bytes(
	struct pb_out *o, unsigned number, const void *bytes, size_t size)
{
	put_varint(o, number << 3 | WIRE_BYTES);
	put_varint(o, size);
	put(o, bytes, size);
}

void pb_put_packed(
	struct pb_out *o, unsigned number, const uint64_t *values, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		for (uint64_t v = values[i]; size++, v >= 0x80; v >>= 7)
			;
	put_varint(o, number << 3 | WIRE_BYTES);
	put_varint(o, size);
	for (size_t i = 0; i < n; i++)
		put_varint(o, values[i]);
}

void pb_put_message(struct pb_out *o, unsigned number, struct pb_out *message)
{
	pb_put_bytes(o, number, message->bytes, message->n);
	message->n = 0;
}
