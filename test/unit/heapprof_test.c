/*
 * heapprof_test: what one format says the next one says too, and bytes that
 * are no profile are refused, or taken, without harm.
 */
#include "cmd/heapprof.h"

#include <fcntl.h>
#include <stdint.h>
#include <zlib.h>

#include "cmd/heapprof_parse.h"
#include "test/unit/unit.h"

enum {
	TEST_ROOM = 1 << 16,
	TEST_NMUTANTS = SANITIZED ? 1000 : 3000,
	TEST_NCHANGES = 8,
};

#define TEST_MAPS                                                              \
	"\nMAPPED_LIBRARIES:\n"                                                \
	"1000-2000 r--p 00000000 08:01 7 /bin/program\n"                       \
	"2000-9000 r-xp 00001000 08:01 7 /bin/program\n"                       \
	"a000-b000 r-xp 00000000 08:01 8 /lib/lib.so\n"

static const char legacy[] =
	"heap profile:      3:     3000 [     7:     7000] @ heapprofile\n"
	"     1:     1000 [     2:     2000] @ 0x2001 0x3001 0xa001\n"
	"     2:     2000 [     4:     4000] @ 0x2001 0x4001 0xa001\n"
	"# a comment\n"
	"     0:        0 [     1:     1000] @ 0x5001\n" TEST_MAPS;

static const char sampled[] =
	"heap profile:  1: 1000 [ 2: 2000] @ heap_v2/1000\n"
	"  1: 1000 [ 2: 2000] @ 0x2001 0x3001\n" TEST_MAPS;

static const char jemalloc[] =
	"heap_v2/1000\n  t*: 2: 2000 [0: 0]\n  t0: 2: 2000 [0: 0]\n"
	"@ 0x2001 0x3001\n  t*: 2: 2000 [0: 0]\n  t0: 2: 2000 [0: "
	"0]\n" TEST_MAPS;

static const char folded[] = "main;a;b 1000\nmain;a 20\nmain;c::d<e f> 3\n";

static struct heapprof *test_parse(const char *text)
{
	return heapprof_parse("text", text, strlen(text));
}

/* What a writer writes. */
static size_t test_write(struct heapprof *p, char bytes[TEST_ROOM],
	bool (*write)(struct heapprof *, FILE *))
{
	FILE *file = tmpfile();

	ck_assert(write(p, file) && fflush(file) == 0);
	ssize_t n = pread(fileno(file), bytes, TEST_ROOM - 1, 0);
	ck_assert(n > 0);
	bytes[n] = '\0';
	fclose(file);
	return (size_t)n;
}

/* profile.proto, not gzipped any more. */
static size_t test_pb_of(struct heapprof *p, char bytes[TEST_ROOM])
{
	FILE *file = tmpfile();

	ck_assert(heapprof_write_pb(p, file));
	ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
	gzFile in = gzdopen(dup(fileno(file)), "rb");
	int n = gzread(in, bytes, TEST_ROOM - 1);
	ck_assert_int_gt(n, 0);
	bytes[n] = '\0';
	gzclose(in);
	fclose(file);
	return (size_t)n;
}

static void test_assert_values(const struct heapprof *p, int64_t alloc_objects,
	int64_t alloc, int64_t inuse_objects, int64_t inuse)
{
	ck_assert_int_eq(heapprof_total(p, ALLOC_OBJECTS), alloc_objects);
	ck_assert_int_eq(heapprof_total(p, ALLOC_SPACE), alloc);
	ck_assert_int_eq(heapprof_total(p, INUSE_OBJECTS), inuse_objects);
	ck_assert_int_eq(heapprof_total(p, INUSE_SPACE), inuse);
}

START_TEST(test_legacy_is_read_as_it_stands)
{
	struct heapprof *p = test_parse(legacy);

	ck_assert_uint_eq(p->nsamples, 3);
	ck_assert_uint_eq(p->nmappings, 2);
	ck_assert(p->has_alloc);
	test_assert_values(p, 7, 7000, 3, 3000);
	const struct heapprof_sample *s = &p->samples[1];
	ck_assert_uint_eq(s->nstack, 3);
	ck_assert_int_eq(s->size, 1000);
	ck_assert_uint_eq(p->locations[s->stack[0]].address, 0x2000);
	ck_assert_uint_eq(p->locations[s->stack[0]].mapping, 0);
	ck_assert_uint_eq(p->locations[s->stack[2]].mapping, 1);
	ck_assert_str_eq(p->mappings[1].file, "/lib/lib.so");
	heapprof_free(p);
}
END_TEST

/* 1 / (1 - exp(-1)) = 1.582 */
static const struct {
	const char *name;
	const char *text;
	int64_t values[HEAPPROF_NVALUES];
} scaled[] = {
	{"heap_v2", sampled, {3, 3164, 2, 1582}},
	{"jemalloc", jemalloc, {0, 0, 3, 3164}},
};

START_TEST(test_samples_are_scaled_up)
{
	struct heapprof *p = test_parse(scaled[_i].text);
	const int64_t *v = scaled[_i].values;

	ck_assert_int_eq(p->period, 1000);
	test_assert_values(p, v[0], v[1], v[2], v[3]);
	heapprof_free(p);
}
END_TEST

START_TEST(test_pb_says_the_same)
{
	static char bytes[TEST_ROOM], again[TEST_ROOM];
	struct heapprof *p = test_parse(legacy);
	size_t n = test_pb_of(p, bytes);
	struct heapprof *q = heapprof_parse("pb", bytes, n);

	ck_assert_uint_eq(q->nsamples, p->nsamples);
	test_assert_values(q, 7, 7000, 3, 3000);
	ck_assert_uint_eq(test_pb_of(q, again), n);
	ck_assert_mem_eq(bytes, again, n);
	test_write(q, again, heapprof_write_legacy);
	ck_assert_ptr_nonnull(strstr(again, "     2:     2000 [     4:     "
					    "4000] @ 0x2001 0x4001 0xa001\n"));
	ck_assert_mem_eq(again, legacy, 63);
	heapprof_free(p);
	heapprof_free(q);
}
END_TEST

static bool test_write_folded(struct heapprof *p, FILE *out)
{
	return heapprof_write_folded(p, INUSE_SPACE, out);
}

START_TEST(test_folded_is_written_as_it_was_read)
{
	static char bytes[TEST_ROOM];
	struct heapprof *p = test_parse(folded);

	test_assert_values(p, 0, 0, 0, 1023);
	test_write(p, bytes, test_write_folded);
	ck_assert_str_eq(bytes, "main;a 20\nmain;a;b 1000\nmain;c::d<e f> 3\n");
	heapprof_free(p);
}
END_TEST

static bool test_write_massif(struct heapprof *p, FILE *out)
{
	return heapprof_write_massif(&p, 1, INUSE_SPACE, out);
}

static bool test_write_heaptrack(struct heapprof *p, FILE *out)
{
	return heapprof_write_heaptrack(&p, 1, out);
}

/* Sums what a heaptrack file says has come and gone. */
START_TEST(test_heaptrack_events_add_up)
{
	static char bytes[TEST_ROOM];
	unsigned long sizes[64] = {0}, a, trace, n = 0, calls = 0, live = 0;
	struct heapprof *p = test_parse(legacy);

	test_write(p, bytes, test_write_heaptrack);
	for (char *line = strtok(bytes, "\n"); line != NULL;
		line = strtok(NULL, "\n")) {
		if (sscanf(line, "a %lx %lx", &a, &trace) == 2)
			sizes[n++] = a;
		if (sscanf(line, "+ %lx", &a) == 1)
			calls++, live += sizes[a];
		if (sscanf(line, "- %lx", &a) == 1)
			live -= sizes[a];
	}
	ck_assert_uint_eq(calls, 7);
	ck_assert_uint_eq(live, 3000);
	heapprof_free(p);
}
END_TEST

/* Mutants. */

static uint64_t test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

/* Changes, cuts or doubles some bytes. */
static size_t test_mutate(char *bytes, size_t n, uint64_t *state)
{
	for (uint64_t i = test_random(state) % TEST_NCHANGES; n > 1; i--) {
		size_t at = test_random(state) % n;
		size_t len = 1 + test_random(state) % (n - at);
		switch (test_random(state) % 5) {
		case 0:
			memmove(bytes + at, bytes + at + len, n - at - len);
			n -= len;
			break;
		case 1:
			if (n + len < TEST_ROOM / 2) {
				memmove(bytes + at + len, bytes + at, n - at);
				n += len;
			}
			break;
		case 2: bytes[at] = "09x-[]:@\n\377"[len % 10]; break;
		default: bytes[at] ^= (char)(1 << len % 8);
		}
		if (i == 0)
			break;
	}
	bytes[n] = '\0';
	return n;
}

static bool test_has_addresses(const struct heapprof *p)
{
	for (size_t i = 0; i < p->nlocations; i++)
		if (p->locations[i].address == 0)
			return false;
	return true;
}

static void test_write_all(struct heapprof *p)
{
	FILE *null = fopen("/dev/null", "w");

	heapprof_write_pb(p, null);
	heapprof_write_folded(p, ALLOC_SPACE, null);
	test_write_massif(p, null);
	if (p->nsamples < 100)
		test_write_heaptrack(p, null);
	if (test_has_addresses(p))
		heapprof_write_legacy(p, null);
	fclose(null);
}

static const struct {
	const char *name;
	const char *text;
	const char *(*parse)(struct heapprof *, const char *, size_t);
} seeds[] = {
	{"legacy", legacy, heapprof_parse_legacy},
	{"sampled", sampled, heapprof_parse_legacy},
	{"jemalloc", jemalloc, heapprof_parse_jemalloc},
	{"folded", folded, heapprof_parse_folded},
	{"pb", legacy, heapprof_parse_pb},
	{"pb_of_names", folded, heapprof_parse_pb},
};

START_TEST(test_mutants_do_no_harm)
{
	static char seed[TEST_ROOM], bytes[TEST_ROOM];
	uint64_t state = (uint64_t)_i + 1;
	int ntaken = 0, nrefused = 0;
	struct heapprof *p = test_parse(seeds[_i].text);
	size_t n = strlen(strcpy(seed, seeds[_i].text));

	if (seeds[_i].parse == heapprof_parse_pb)
		n = test_pb_of(p, seed);
	heapprof_free(p);
	for (int i = 0; i < TEST_NMUTANTS; i++) {
		memcpy(bytes, seed, n + 1);
		size_t size = test_mutate(bytes, n, &state);
		struct heapprof *q = heapprof_new();
		if (seeds[_i].parse(q, bytes, size) == NULL) {
			test_write_all(q);
			ntaken++;
		} else {
			nrefused++;
		}
		heapprof_free(q);
	}
	ck_assert_int_gt(ntaken, TEST_NMUTANTS / 50);
	ck_assert_int_gt(nrefused, TEST_NMUTANTS / 50);
}
END_TEST

static void heapprof_suite(TCase *tests)
{
	UNIT_TEST(tests, test_legacy_is_read_as_it_stands);
	UNIT_TABLE(tests, test_samples_are_scaled_up, scaled);
	UNIT_TEST(tests, test_pb_says_the_same);
	UNIT_TEST(tests, test_folded_is_written_as_it_was_read);
	UNIT_TEST(tests, test_heaptrack_events_add_up);
	UNIT_TABLE(tests, test_mutants_do_no_harm, seeds);
}
UNIT_MAIN("heapprof", heapprof_suite)
