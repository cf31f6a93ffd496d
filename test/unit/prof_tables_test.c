/*
 * prof_tables_test: buckets count by stack and size and remember the peak;
 * samples are found by their address until they are removed.
 */
#include "core/thread.h"
#include "prof/buckets.h"
#include "prof/prof.h"
#include "prof/samples.h"

#include "test/unit/unit.h"

enum {
	RATE = 1,      /* each sample stands for itself */
	NMANY = 20000, /* tables grow several times */
};

static struct stack stack_of(uintptr_t leaf, uint32_t npcs)
{
	struct stack s = {.npcs = npcs};

	for (uint32_t i = 0; i < npcs; i++)
		s.pcs[i] = leaf + i * 0x1000;
	return s;
}

static struct bucket *find(uintptr_t leaf, uint32_t npcs, size_t size)
{
	struct stack s = stack_of(leaf, npcs);
	struct bucket *b = bucket_find(&s, size, size, RATE);

	ck_assert_ptr_nonnull(b);
	return b;
}

START_TEST(test_a_key_has_one_bucket)
{
	struct stack s = stack_of(0x1000, 3);
	struct bucket *b = find(0x1000, 3, 64);

	ck_assert_ptr_eq(find(0x1000, 3, 64), b);
	ck_assert_ptr_ne(find(0x1000, 2, 64), b);
	ck_assert_ptr_ne(find(0x1001, 3, 64), b);
	ck_assert_ptr_ne(find(0x1000, 3, 65), b);
	ck_assert_ptr_ne(bucket_find(&s, 64, 64, RATE + 1), b);
	ck_assert_ptr_ne(bucket_find(&s, 64, 80, RATE), b);
	ck_assert_ptr_eq(find(0x1000, 3, 65)->key.stack, b->key.stack);
	ck_assert_uint_eq(buckets.n, 6);
	ck_assert_uint_eq(b->key.stack->npcs, 3);
	ck_assert_uint_eq(b->key.stack->pcs[2], 0x3000);
}
END_TEST

START_TEST(test_an_empty_and_a_full_stack)
{
	struct bucket *none = find(0, 0, 8);
	struct bucket *full = find(0x5000, STACK_MAX, 8);

	ck_assert_uint_eq(none->key.stack->npcs, 0);
	ck_assert_uint_eq(full->key.stack->npcs, STACK_MAX);
	ck_assert_ptr_eq(find(0, 0, 8), none);
	ck_assert_ptr_eq(find(0x5000, STACK_MAX, 8), full);
}
END_TEST

START_TEST(test_many_buckets)
{
	static struct bucket *found[NMANY];
	size_t n = 0;

	for (uintptr_t i = 0; i < NMANY; i++)
		found[i] = find(0x100000 + i, 1 + (uint32_t)(i % 5), i % 7);
	for (uintptr_t i = 0; i < NMANY; i++)
		ck_assert_ptr_eq(
			find(0x100000 + i, 1 + (uint32_t)(i % 5), i % 7),
			found[i]);
	for (struct bucket *b = buckets.newest; b != NULL; b = b->older)
		n++;
	ck_assert_uint_eq(n, NMANY);
	ck_assert_uint_eq(buckets.n, NMANY);
}
END_TEST

/* What happens to two buckets, a and b of 10 and 100 bytes, in order. */
static const struct {
	const char *name, *events; /* a, b: allocated; A, B: freed */
	uint64_t peak_bytes, a_at_peak, b_at_peak;
} peaks[] = {
	{"nothing", "", 0, 0, 0},
	{"grows", "aab", 120, 2, 1},
	{"falls", "aabBAA", 120, 2, 1},
	{"peak_is_first", "bbBBaaaa", 200, 0, 2},
	{"peak_is_last", "bBaaaaaaaaaaaA", 110, 11, 0},
	{"twice_as_high", "bBb", 100, 0, 1},
	{"untouched_since", "abBaaab", 140, 4, 1},
	{"only_the_other_changes", "abAaAaBbA", 110, 1, 1},
};

START_TEST(test_peak)
{
	struct bucket *a = find(0x1000, 1, 10), *b = find(0x2000, 1, 100);
	uint64_t nallocs, nfrees;

	for (const char *e = peaks[_i].events; *e != '\0'; e++) {
		struct bucket *which = (*e | 0x20) == 'a' ? a : b;
		if (*e >= 'a')
			bucket_count_alloc(which);
		else
			bucket_count_free(which);
	}
	ck_assert_uint_eq(buckets.peak_bytes, peaks[_i].peak_bytes);
	bucket_at_peak(a, &nallocs, &nfrees);
	ck_assert_msg(nallocs - nfrees == peaks[_i].a_at_peak, "%s: a",
		peaks[_i].name);
	bucket_at_peak(b, &nallocs, &nfrees);
	ck_assert_msg(nallocs - nfrees == peaks[_i].b_at_peak, "%s: b",
		peaks[_i].name);
}
END_TEST

static void insert(uintptr_t addr, struct bucket *b)
{
	bool done;

	ck_assert_ptr_null(samples_insert(addr, b, &done));
	ck_assert(done);
}

START_TEST(test_samples_come_and_go)
{
	struct bucket *b = find(0x1000, 1, 10);

	samples_use_filter();
	ck_assert(!samples_may_have(0x7000));
	ck_assert_ptr_null(samples_remove(0x7000));
	insert(0x7000, b);
	ck_assert(samples_may_have(0x7000));
	ck_assert_ptr_null(samples_remove(0x7008));
	ck_assert_ptr_eq(samples_remove(0x7000), b);
	ck_assert_ptr_null(samples_remove(0x7000));
	ck_assert(!samples_may_have(0x7000));
	ck_assert_uint_eq(samples_count(), 0);
}
END_TEST

START_TEST(test_a_missed_free_is_seen)
{
	struct bucket *a = find(0x1000, 1, 10), *b = find(0x2000, 1, 10);
	bool done;

	insert(0x7000, a);
	ck_assert_ptr_eq(samples_insert(0x7000, b, &done), a);
	ck_assert(done);
	ck_assert_uint_eq(samples_count(), 1);
	ck_assert_ptr_eq(samples_remove(0x7000), b);
}
END_TEST

static uintptr_t address(unsigned i)
{
	/* Some close together, some apart by what hash tables dislike. */
	return i % 2 == 0 ? UINT64_C(0xc000000000) + i * 16
			  : (uintptr_t)i << 20;
}

/* Against a plain array of who should be there. */
START_TEST(test_many_samples)
{
	static bool there[NMANY + 1];
	struct bucket *b = find(0x1000, 1, 10);
	uint64_t random = 1;
	size_t n = 0;

	samples_use_filter();

	for (int round = 0; round < 10 * NMANY; round++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		unsigned i = 1 + (unsigned)(random >> 33) % NMANY;
		if (there[i])
			ck_assert_ptr_eq(samples_remove(address(i)), b);
		else
			insert(address(i), b);
		there[i] = !there[i];
		n += there[i] ? 1 : (size_t)-1;
	}
	ck_assert_uint_eq(samples_count(), n);
	for (unsigned i = 1; i <= NMANY; i++) {
		ck_assert(!there[i] || samples_may_have(address(i)));
		ck_assert_ptr_eq(
			samples_remove(address(i)), there[i] ? b : NULL);
	}
	ck_assert_uint_eq(samples_count(), 0);
}
END_TEST

/* prof.c, without an unwinder: all stacks are empty. */

START_TEST(test_record_and_forget)
{
	thread_self()->busy = true;
	prof_set_rate(1);
	prof_record(0x7000, 100, 112);
	prof_record(0x8000, 100, 112);
	ck_assert_uint_eq(buckets.n, 1);
	ck_assert_uint_eq(buckets.live_bytes, 200);
	prof_forget(0x9000);
	prof_forget(0x7000);
	prof_forget(0x7000);
	ck_assert_uint_eq(buckets.live_bytes, 100);
	prof_forget_later(0x8000);
	prof_forget_later(0xa000);
	ck_assert_uint_eq(buckets.live_bytes, 100);
	prof_record(0x8000, 50, 64); /* the address was given out again */
	ck_assert_uint_eq(buckets.live_bytes, 50);
	ck_assert_uint_eq(samples_count(), 1);
	ck_assert_uint_eq(prof.nlost, 0);
}
END_TEST

START_TEST(test_more_late_frees_than_room)
{
	thread_self()->busy = true;
	prof_set_rate(1);
	for (uintptr_t i = 1; i <= 300; i++)
		prof_record(i * 64, 8, 8);
	for (uintptr_t i = 1; i <= 300; i++)
		prof_forget_later(i * 64);
	prof_forget(0);
	ck_assert_uint_eq(prof.nlost, 300 - 256);
	ck_assert_uint_eq(samples_count(), 300 - 256);
}
END_TEST

START_TEST(test_withdraw)
{
	thread_self()->busy = true;
	prof_set_rate(1);
	prof_record(0x7000, 100, 112);
	struct bucket *b = prof_withdraw(0x7000);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_null(prof_withdraw(0x7000));
	prof_withdrawn_kept(0x7000, b);
	ck_assert_uint_eq(buckets.live_bytes, 100);
	ck_assert_ptr_eq(prof_withdraw(0x7000), b);
	prof_withdrawn_freed(b);
	ck_assert_uint_eq(buckets.live_bytes, 0);
}
END_TEST

static int ntold;

static void told(void)
{
	ntold++;
}

START_TEST(test_peak_is_told_once)
{
	thread_self()->busy = true;
	prof_set_rate(1);
	prof_watch_peak(250, told);
	prof_record(0x1000, 100, 100);
	prof_record(0x2000, 100, 100);
	ck_assert_int_eq(ntold, 0);
	prof_record(0x3000, 100, 100);
	prof_record(0x4000, 100, 100);
	ck_assert_int_eq(ntold, 1);
}
END_TEST

static void prof_tables_suite(TCase *tests)
{
	UNIT_TEST(tests, test_a_key_has_one_bucket);
	UNIT_TEST(tests, test_an_empty_and_a_full_stack);
	UNIT_TEST(tests, test_many_buckets);
	UNIT_TABLE(tests, test_peak, peaks);
	UNIT_TEST(tests, test_samples_come_and_go);
	UNIT_TEST(tests, test_a_missed_free_is_seen);
	UNIT_TEST(tests, test_many_samples);
	UNIT_TEST(tests, test_record_and_forget);
	UNIT_TEST(tests, test_more_late_frees_than_room);
	UNIT_TEST(tests, test_withdraw);
	UNIT_TEST(tests, test_peak_is_told_once);
}

UNIT_MAIN("prof_tables", prof_tables_suite)
