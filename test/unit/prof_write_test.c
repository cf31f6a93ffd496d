/*
 * prof_write_test: what gzip compresses gzip(1) expands; the encoder's
 * messages are read back by a decoder; a profile is what its buckets say.
 */
#include <fcntl.h>
#include <inttypes.h>

#include "core/thread.h"
#include "prof/buckets.h"
#include "prof/mappings.h"
#include "prof/out.h"
#include "prof/prof.h"
#include "prof/profile.h"
#include "prof/proto.h"

#include "test/unit/unit.h"

enum { FILE_MAX = 1 << 20 };

static uint8_t bytes[FILE_MAX], expanded[FILE_MAX];

/* A temporary file without a name, as a descriptor. */
static int file_new(void)
{
	char path[] = "/tmp/prof_write_test.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	unlink(path);
	return fd;
}

/* The descriptor's whole text, expanded by gzip(1) if asked. */
static size_t file_read(int fd, bool gzip)
{
	char command[64];
	size_t n;

	snprintf(command, sizeof command, "%s </proc/self/fd/%d",
		gzip ? "gzip -dc" : "cat", fd);
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(expanded, 1, sizeof expanded, f);
	ck_assert_int_eq(pclose(f), 0);
	close(fd);
	return n;
}

static const struct {
	const char *name;
	size_t n;
	int kind; /* 0: zeros; 1: random; 2: text; 3: bytes, 4: far repeats */
} inputs[] = {
	{"nothing", 0, 0},
	{"a_byte", 1, 2},
	{"three_bytes", 3, 2},
	{"zeros", 300000, 0},
	{"random", 200000, 1},
	{"text", 500000, 2},
	{"each_byte", 4096, 3},
	{"block", 64 << 10, 1},
	{"block_and_one", (64 << 10) + 1, 2},
	{"far_repeats", 400000, 4},
};

static uint8_t input_byte(int kind, size_t i)
{
	static uint64_t random = 3;

	switch (kind) {
	case 0: return 0;
	case 2:
		return (uint8_t) "the heap profile of a program "[i % 30] +
		       (uint8_t)(i % 997 == 0);
	case 3: return (uint8_t)(i / 16);
	case 4: return (uint8_t)((i % 33000) * 2654435761u >> 24);
	default:
		random = random * 6364136223846793005 + 1;
		return (uint8_t)(random >> 56);
	}
}

START_TEST(test_gzip)
{
	struct out o;
	int fd = file_new();
	size_t n = inputs[_i].n;

	for (size_t i = 0; i < n; i++)
		bytes[i] = input_byte(inputs[_i].kind, i);
	ck_assert(out_open(&o, fd, true));
	for (size_t i = 0; i < n; i += 777)
		out_bytes(&o, bytes + i, n - i < 777 ? n - i : 777);
	ck_assert_int_eq(out_close(&o), 0);
	off_t packed = lseek(fd, 0, SEEK_CUR);
	ck_assert_msg(
		file_read(fd, true) == n && memcmp(bytes, expanded, n) == 0,
		"%s", inputs[_i].name);
	if (inputs[_i].kind == 0 && n > 0)
		ck_assert_int_lt(packed, 3000);
}
END_TEST

START_TEST(test_a_full_disk_is_an_error)
{
	struct out o;
	int fd = open("/dev/full", O_WRONLY);

	ck_assert(out_open(&o, fd, false));
	for (int i = 0; i < 100000; i++)
		out_string(&o, "something");
	ck_assert_int_ne(out_close(&o), 0);
	close(fd);
}
END_TEST

/* A field of a message: a number, or n bytes at `at`. */
struct field {
	unsigned number;
	uint64_t value;
	const uint8_t *at;
	size_t n;
};

static uint64_t take_varint(const uint8_t **at, const uint8_t *end)
{
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		ck_assert(*at < end && shift < 64);
		uint8_t byte = *(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
}

/* The next field of a message; false at its end. */
static bool take_field(const uint8_t **at, const uint8_t *end, struct field *f)
{
	if (*at == end)
		return false;
	uint64_t tag = take_varint(at, end);
	*f = (struct field){.number = (unsigned)(tag >> 3)};
	f->value = take_varint(at, end);
	if ((tag & 7) == 0)
		return true;
	ck_assert_uint_eq(tag & 7, 2);
	f->at = *at;
	f->n = f->value;
	ck_assert(f->n <= (size_t)(end - *at));
	*at += f->n;
	return true;
}

START_TEST(test_varints)
{
	static const uint64_t values[] = {
		0, 1, 127, 128, 300, UINT32_MAX, UINT64_C(1) << 63, UINT64_MAX};
	uint8_t to[PROTO_VARINT_MAX];

	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		size_t n = proto_varint(to, values[i]);
		const uint8_t *at = to;
		ck_assert_uint_eq(take_varint(&at, to + n), values[i]);
		ck_assert_ptr_eq(at, to + n);
	}
	ck_assert_uint_eq(proto_varint(to, 300), 2);
	ck_assert_uint_eq(to[0], 0xac);
	ck_assert_uint_eq(to[1], 0x02);
}
END_TEST

START_TEST(test_a_message_that_is_too_long_says_so)
{
	static uint64_t values[PROTO_MAX];
	struct proto m, outer;

	proto_begin(&m);
	proto_numbers(&m, 1, values, PROTO_MAX - 8);
	ck_assert(!m.full);
	proto_number(&m, 2, UINT64_MAX);
	ck_assert(m.full);
	proto_begin(&outer);
	proto_message(&outer, 1, &m);
	ck_assert(outer.full);
}
END_TEST

/* What the test finds in a profile. */
struct found {
	struct field strings[600];
	unsigned nstrings, ntypes, nsamples, nmappings, nlocations;
	uint64_t types[8], values[16][4], sizes[16], nids[16];
	uint64_t addresses[64], period, default_type;
};

static void take_types(struct found *p, struct field f)
{
	const uint8_t *at = f.at;
	struct field type;

	ck_assert(take_field(&at, f.at + f.n, &type));
	p->types[p->ntypes++] = type.value;
}

static void take_sample(struct found *p, struct field f)
{
	const uint8_t *at = f.at, *end = f.at + f.n;
	struct field inner, label;

	while (take_field(&at, end, &inner)) {
		const uint8_t *in = inner.at, *in_end = inner.at + inner.n;
		if (inner.number == 1) {
			while (in < in_end) {
				take_varint(&in, in_end);
				p->nids[p->nsamples]++;
			}
		} else if (inner.number == 2) {
			for (int i = 0; i < 4; i++)
				p->values[p->nsamples][i] =
					take_varint(&in, in_end);
			ck_assert_ptr_eq(in, in_end);
		} else if (inner.number == 3) {
			while (take_field(&in, in_end, &label))
				if (label.number == 3)
					p->sizes[p->nsamples] = label.value;
		}
	}
	p->nsamples++;
}

static void take_location(struct found *p, struct field f)
{
	const uint8_t *at = f.at, *end = f.at + f.n;
	struct field inner;
	uint64_t id = 0;

	while (take_field(&at, end, &inner)) {
		if (inner.number == 1)
			id = inner.value;
		if (inner.number == 3 && id < 64)
			p->addresses[id] = inner.value;
	}
	p->nlocations++;
}

static void take_profile(struct found *p, size_t n)
{
	const uint8_t *at = expanded, *end = expanded + n;
	struct field f;

	while (take_field(&at, end, &f)) {
		switch (f.number) {
		case 1: take_types(p, f); break;
		case 2: take_sample(p, f); break;
		case 3: p->nmappings++; break;
		case 4: take_location(p, f); break;
		case 6: p->strings[p->nstrings++] = f; break;
		case 12: p->period = f.value; break;
		case 14: p->default_type = f.value; break;
		}
	}
}

static void ck_string(const struct found *p, uint64_t i, const char *want)
{
	ck_assert_uint_lt(i, p->nstrings);
	ck_assert_uint_eq(p->strings[i].n, strlen(want));
	ck_assert_int_eq(memcmp(p->strings[i].at, want, p->strings[i].n), 0);
}

static void count(
	uintptr_t leaf, size_t size, uint32_t rate, int nallocs, int nfrees)
{
	struct stack s = {.npcs = 2, .pcs = {leaf, 0x9001}};
	struct bucket *b = bucket_find(&s, size, size, rate);

	for (int i = 0; i < nallocs; i++)
		bucket_count_alloc(b);
	for (int i = 0; i < nfrees; i++)
		bucket_count_free(b);
}

START_TEST(test_profile_pb)
{
	static struct found p;
	int fd = file_new();

	thread_self()->busy = true;
	prof_set_rate(4096);
	count(0x5001, 100, 1, 5, 2);
	count(0x6001, 4096, 4096, 100, 40);
	count(0x7001, 64, 4096, 0, 0);
	ck_assert_int_eq(profile_write(fd, PROFILE_NOW, PROFILE_PB), 0);
	take_profile(&p, file_read(fd, true));

	ck_assert_uint_eq(p.ntypes, 4);
	ck_string(&p, 0, "");
	ck_string(&p, p.types[0], "alloc_objects");
	ck_string(&p, p.types[1], "alloc_space");
	ck_string(&p, p.types[2], "inuse_objects");
	ck_string(&p, p.types[3], "inuse_space");
	ck_string(&p, p.default_type, "inuse_space");
	ck_assert_uint_eq(p.period, 4096);
	ck_assert_uint_eq(p.nsamples, 2);
	/* The newest bucket first; 1 - exp(-1) of all were sampled. */
	ck_assert_uint_eq(p.sizes[0], 4096);
	ck_assert_uint_eq(p.values[0][0], 158);
	ck_assert_uint_eq(p.values[0][1], 647978);
	ck_assert_uint_eq(p.values[0][2], 95);
	ck_assert_uint_eq(p.values[1][0], 5);
	ck_assert_uint_eq(p.values[1][1], 500);
	ck_assert_uint_eq(p.values[1][2], 3);
	ck_assert_uint_eq(p.values[1][3], 300);
	ck_assert_uint_eq(p.nids[0], 2);
	ck_assert_uint_eq(p.nlocations, 3);
	ck_assert_uint_eq(p.addresses[1], 0x6000);
	ck_assert_uint_eq(p.addresses[2], 0x9000);
	ck_assert_uint_eq(p.addresses[3], 0x5000);
	ck_assert_uint_ge(p.nmappings, 2);
}
END_TEST

START_TEST(test_profile_text)
{
	int fd = file_new();

	thread_self()->busy = true;
	prof_set_rate(1);
	count(0x5001, 100, 1, 5, 2);
	count(0x6001, 10, 1, 3, 3);
	ck_assert_int_eq(profile_write(fd, PROFILE_NOW, PROFILE_TEXT), 0);
	expanded[file_read(fd, false)] = '\0';
	const char *want = "heap profile: 3: 300 [8: 530] @ heapprofile\n"
			   "0: 0 [3: 30] @ 0x6001 0x9001\n"
			   "3: 300 [5: 500] @ 0x5001 0x9001\n"
			   "\n"
			   "MAPPED_LIBRARIES:\n";
	ck_assert_int_eq(strncmp((char *)expanded, want, strlen(want)), 0);
	ck_assert_ptr_nonnull(strstr((char *)expanded, "libc.so"));
}
END_TEST

START_TEST(test_equal_pairs_differ_by_a_byte)
{
	int fd = file_new();

	thread_self()->busy = true;
	count(0x5001, 100, 1, 5, 0);
	ck_assert_int_eq(profile_write(fd, PROFILE_PEAK, PROFILE_TEXT), 0);
	expanded[file_read(fd, false)] = '\0';
	const char *want = "heap profile: 5: 500 [5: 501] @ heapprofile\n";
	ck_assert_int_eq(strncmp((char *)expanded, want, strlen(want)), 0);
}
END_TEST

START_TEST(test_a_file_is_there_whole_or_not_at_all)
{
	char dir[] = "/tmp/prof_write_test.XXXXXX", path[64];

	thread_self()->busy = true;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.heap", dir);
	ck_assert_int_eq(
		profile_write_file(path, PROFILE_NOW, PROFILE_TEXT), 0);
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_int_eq(unlink(path), 0);
	snprintf(path, sizeof path, "%s/none/a.heap", dir);
	ck_assert_int_ne(
		profile_write_file(path, PROFILE_NOW, PROFILE_TEXT), 0);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing is left in it */
}
END_TEST

START_TEST(test_mappings)
{
	struct mappings m;

	ck_assert(mappings_read(&m));
	size_t own = mappings_find(&m, (uintptr_t)&file_new);
	ck_assert_uint_eq(own, 0); /* the program is first */
	ck_assert_ptr_nonnull(strstr(m.at[0].path, "prof_write_test"));
	ck_assert_uint_eq(mappings_find(&m, 1), m.n);
	for (size_t i = 1; i < m.n; i++)
		if (strstr(m.at[i].path, "libc.so") != NULL)
			ck_assert_uint_eq(m.at[i].build_id_bytes, 20);
	mappings_drop(&m);
}
END_TEST

static void prof_write_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_gzip, inputs);
	UNIT_TEST(tests, test_a_full_disk_is_an_error);
	UNIT_TEST(tests, test_varints);
	UNIT_TEST(tests, test_a_message_that_is_too_long_says_so);
	UNIT_TEST(tests, test_profile_pb);
	UNIT_TEST(tests, test_profile_text);
	UNIT_TEST(tests, test_equal_pairs_differ_by_a_byte);
	UNIT_TEST(tests, test_a_file_is_there_whole_or_not_at_all);
	UNIT_TEST(tests, test_mappings);
}

UNIT_MAIN("prof_write", prof_write_suite)
