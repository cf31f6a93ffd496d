/*
 * profile_pb: profile.proto, as pprof and Go's tools read it.
 *
 *   Profile   sample_type 4 x {type, unit}      what the values are
 *             sample      {locations, values, label bytes=size}
 *             mapping     {start, end, offset, file, build id}
 *             location    {id, mapping, address}
 *             string_table                     what others say by number
 *
 * There are no functions: a reader finds them by the mapping's file or build
 * id.  Addresses are return addresses less one, so that they lie in the call.
 *
 * Strings and locations get their numbers when they are first used.  Strings
 * are few: the fixed ones below and two for each mapping, whose numbers follow
 * from its place.
 *
 * Locking:    none.
 */
#include "core/bits.h"
#include "core/fatal.h"
#include "core/os_own.h"
#include "prof/buckets.h"
#include "prof/mappings.h"
#include "prof/out.h"
#include "prof/profile.h"
#include "prof/proto.h"

/* Numbers of the fields, from profile.proto. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_STRING_TABLE = 6,
	PROFILE_DROP_FRAMES = 7,
	PROFILE_TIME_NANOS = 9,
	PROFILE_DURATION_NANOS = 10,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	PROFILE_COMMENT = 13,
	PROFILE_DEFAULT_SAMPLE_TYPE = 14,
	VALUE_TYPE_TYPE = 1,
	VALUE_TYPE_UNIT = 2,
	SAMPLE_LOCATION_ID = 1,
	SAMPLE_VALUE = 2,
	SAMPLE_LABEL = 3,
	LABEL_KEY = 1,
	LABEL_NUM = 3,
	LABEL_NUM_UNIT = 4,
	MAPPING_ID = 1,
	MAPPING_START = 2,
	MAPPING_LIMIT = 3,
	MAPPING_OFFSET = 4,
	MAPPING_FILENAME = 5,
	MAPPING_BUILD_ID = 6,
	LOCATION_ID = 1,
	LOCATION_MAPPING = 2,
	LOCATION_ADDRESS = 3,
};

/* The strings every profile has, in this order. */
#define FOR_EACH_STRING(X)                                                     \
	X(NONE, "")                                                            \
	X(ALLOC_OBJECTS, "alloc_objects")                                      \
	X(ALLOC_SPACE, "alloc_space")                                          \
	X(INUSE_OBJECTS, "inuse_objects")                                      \
	X(INUSE_SPACE, "inuse_space")                                          \
	X(COUNT, "count")                                                      \
	X(BYTES, "bytes")                                                      \
	X(SPACE, "space")                                                      \
	X(DROP_FRAMES,                                                         \
		"operator new(\\[\\])?(\\(.*\\))?|_Zn[wa]m.*|"                 \
		"(__gnu_cxx::)?(__)?new_allocator.*::allocate(\\(.*\\))?")     \
	X(COMMENT, NULL)

enum {
#define STRING_NUMBER(name, text) STRING_##name,
	FOR_EACH_STRING(STRING_NUMBER)
#undef STRING_NUMBER
		STRINGS_FIXED,
};

/* Every address of a profile once.  A slot is empty if addr is 0. */
struct locations {
	struct {
		uintptr_t addr; /* where the call is */
		uint64_t id;    /* from 1 */
	} * slots;              /* nslots of them, a power of two */
	size_t nslots;          /* at least twice the addresses */
	size_t n;               /* addresses */
	size_t bytes;           /* memory of slots */
};

static bool locations_open(struct locations *l, const struct profile *p)
{
	size_t npcs = 1;

	/* More than there are: most rows share their stacks' outer frames. */
	for (size_t i = 0; i < p->nrows; i++)
		npcs += p->rows[i].bucket->key.stack->npcs;
	*l = (struct locations){
		.nslots = (size_t)2 << (floor_log2(npcs) + 1),
	};
	l->bytes = l->nslots * sizeof *l->slots;
	l->slots = os_own_map(l->bytes);
	return l->slots != NULL;
}

/* The number of an address; a new one is the greatest. */
static uint64_t locations_id(struct locations *l, uintptr_t addr)
{
	uint64_t hash = addr * UINT64_C(0x9e3779b97f4a7c15) >> 20;
	size_t i = hash & (l->nslots - 1);

	while (l->slots[i].addr != 0 && l->slots[i].addr != addr)
		i = (i + 1) & (l->nslots - 1);
	if (l->slots[i].addr == 0) {
		l->slots[i].addr = addr;
		l->slots[i].id = ++l->n;
	}
	return l->slots[i].id;
}

static void send_value_type(
	struct out *o, unsigned field, uint64_t type, uint64_t unit)
{
	struct proto m;

	proto_begin(&m);
	proto_number(&m, VALUE_TYPE_TYPE, type);
	proto_number(&m, VALUE_TYPE_UNIT, unit);
	proto_send(o, field, &m);
}

static void send_head(struct out *o, const struct profile *p)
{
	send_value_type(
		o, PROFILE_SAMPLE_TYPE, STRING_ALLOC_OBJECTS, STRING_COUNT);
	send_value_type(
		o, PROFILE_SAMPLE_TYPE, STRING_ALLOC_SPACE, STRING_BYTES);
	send_value_type(
		o, PROFILE_SAMPLE_TYPE, STRING_INUSE_OBJECTS, STRING_COUNT);
	send_value_type(
		o, PROFILE_SAMPLE_TYPE, STRING_INUSE_SPACE, STRING_BYTES);
	send_value_type(o, PROFILE_PERIOD_TYPE, STRING_SPACE, STRING_BYTES);
	proto_send_number(o, PROFILE_PERIOD, p->rate);
	proto_send_number(o, PROFILE_TIME_NANOS, p->unix_ns);
	proto_send_number(o, PROFILE_DURATION_NANOS, p->since_ns);
	proto_send_number(o, PROFILE_DROP_FRAMES, STRING_DROP_FRAMES);
	proto_send_number(o, PROFILE_COMMENT, STRING_COMMENT);
	proto_send_number(o, PROFILE_DEFAULT_SAMPLE_TYPE, STRING_INUSE_SPACE);
}

static void send_sample(
	struct out *o, const struct profile_row *r, struct locations *l)
{
	const struct call_stack *stack = r->bucket->key.stack;
	uint64_t ids[STACK_MAX], values[] = {r->alloc_objects, r->alloc_bytes,
					 r->inuse_objects, r->inuse_bytes};
	struct proto m, label;

	for (uint32_t i = 0; i < stack->npcs; i++)
		ids[i] = locations_id(l, stack->pcs[i] - 1);
	proto_begin(&label);
	proto_number(&label, LABEL_KEY, STRING_BYTES);
	proto_number(&label, LABEL_NUM, r->bucket->key.size);
	proto_number(&label, LABEL_NUM_UNIT, STRING_BYTES);
	proto_begin(&m);
	proto_numbers(&m, SAMPLE_LOCATION_ID, ids, stack->npcs);
	proto_numbers(&m, SAMPLE_VALUE, values, 4);
	proto_message(&m, SAMPLE_LABEL, &label);
	proto_send(o, PROFILE_SAMPLE, &m);
}

static void send_locations(
	struct out *o, const struct locations *l, const struct mappings *maps)
{
	struct proto m;

	for (size_t i = 0; i < l->nslots; i++) {
		uintptr_t addr = l->slots[i].addr;
		if (addr == 0)
			continue;
		size_t in = mappings_find(maps, addr);
		proto_begin(&m);
		proto_number(&m, LOCATION_ID, l->slots[i].id);
		proto_number(&m, LOCATION_MAPPING, in < maps->n ? in + 1 : 0);
		proto_number(&m, LOCATION_ADDRESS, addr);
		proto_send(o, PROFILE_LOCATION, &m);
	}
}

static void send_mappings(struct out *o, const struct mappings *maps)
{
	struct proto m;

	for (size_t i = 0; i < maps->n; i++) {
		const struct mapping *map = &maps->at[i];
		proto_begin(&m);
		proto_number(&m, MAPPING_ID, i + 1);
		proto_number(&m, MAPPING_START, map->start);
		proto_number(&m, MAPPING_LIMIT, map->end);
		proto_number(&m, MAPPING_OFFSET, map->offset);
		proto_number(&m, MAPPING_FILENAME, STRINGS_FIXED + 2 * i);
		proto_number(&m, MAPPING_BUILD_ID, STRINGS_FIXED + 2 * i + 1);
		proto_send(o, PROFILE_MAPPING, &m);
	}
}

static void send_string(struct out *o, const char *s)
{
	proto_send_bytes(o, PROFILE_STRING_TABLE, s, __builtin_strlen(s));
}

static void send_build_id(struct out *o, const struct mapping *map)
{
	char hex[2 * BUILD_ID_MAX + 1] = "";

	for (uint32_t i = 0; i < map->build_id_bytes; i++) {
		hex[2 * i] = "0123456789abcdef"[map->build_id[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[map->build_id[i] & 15];
	}
	send_string(o, hex);
}

static void send_strings(
	struct out *o, const struct profile *p, const struct mappings *maps)
{
	char comment[128];
#define STRING_TEXT(name, text) text,
	static const char *const fixed[] = {FOR_EACH_STRING(STRING_TEXT)};
#undef STRING_TEXT

	format(comment, sizeof comment,
		"libgoalloc " PACKAGE_VERSION ", %lu samples lost", p->nlost);
	for (int i = 0; i < STRINGS_FIXED; i++)
		send_string(o, fixed[i] != NULL ? fixed[i] : comment);
	for (size_t i = 0; i < maps->n; i++) {
		send_string(o, maps->at[i].path);
		send_build_id(o, &maps->at[i]);
	}
}

bool profile_pb_write(struct out *o, const struct profile *p)
{
	struct locations locations;
	struct mappings maps;

	if (!locations_open(&locations, p))
		return false;
	mappings_read(&maps); /* without /proc the profile has none */
	send_head(o, p);
	for (size_t i = 0; i < p->nrows; i++)
		send_sample(o, &p->rows[i], &locations);
	send_mappings(o, &maps);
	send_locations(o, &locations, &maps);
	send_strings(o, p, &maps);
	mappings_drop(&maps);
	os_own_unmap(locations.slots, locations.bytes);
	return true;
}
