/*
 * quota_test: a simulated thread that works when it may and sleeps when told.
 */
#include "gc/quota.h"

#include "test/unit/unit.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

/* What the thread has in each ms that it wants to run: CPU time in percent. */
static const struct {
	const char *name;
	unsigned nprocs;
	unsigned speed; /* per cent of a processor that the kernel gives it */
	bool is_idle;
	unsigned least, most; /* per cent of a processor that it took */
} cases[] = {
	{"one_processor", 1, 100, false, 23, 27},
	{"two_processors", 2, 100, false, 48, 52},
	{"three_processors", 3, 100, false, 73, 77},
	{"four_processors_never_sleep", 4, 100, false, 100, 100},
	{"sixty_four", 64, 100, false, 100, 100},
	{"nobody_else_wants_it", 2, 100, true, 100, 100},
	{"gets_less_than_its_share", 2, 30, false, 30, 30},
	{"gets_a_little_more", 2, 60, false, 48, 52},
};

START_TEST(test_share)
{
	struct quota q;
	uint64_t now = 7 * SEC, cpu = 0;

	quota_init(&q, cases[_i].nprocs);
	quota_note(&q, now, 0, false);
	while (now < 17 * SEC) {
		const uint64_t used = MS * cases[_i].speed / 100;
		now += MS;
		cpu += used;
		now += quota_note(&q, now, used, cases[_i].is_idle);
	}
	const uint64_t percent = cpu * 100 / (now - 7 * SEC);
	ck_assert_msg(percent >= cases[_i].least && percent <= cases[_i].most,
		"%s: %llu %%", cases[_i].name, (unsigned long long)percent);
}
END_TEST

START_TEST(test_a_short_cycle_is_not_interrupted)
{
	struct quota q;

	quota_init(&q, 2);
	ck_assert_uint_eq(quota_note(&q, SEC, 0, false), 0);
	ck_assert_uint_eq(quota_note(&q, SEC + 5 * MS, 5 * MS, false), 0);
	ck_assert_uint_gt(quota_note(&q, SEC + 20 * MS, 15 * MS, false), 0);
}
END_TEST

/* A quiet day pays for no more than a burst. */
START_TEST(test_saved_time_is_bounded)
{
	struct quota q;

	quota_init(&q, 2);
	quota_note(&q, SEC, 0, false);
	quota_note(&q, 86400 * SEC, 0, false);
	ck_assert_int_eq(q.balance_ns, QUOTA_BURST_NS);
	quota_note(&q, UINT64_MAX / 2, 0, false);
	ck_assert_int_eq(q.balance_ns, QUOTA_BURST_NS);
}
END_TEST

START_TEST(test_debt_and_sleep_are_bounded)
{
	struct quota q;

	quota_init(&q, 2);
	quota_note(&q, SEC, 0, false);
	ck_assert_uint_eq(
		quota_note(&q, SEC + MS, 9 * SEC, false), QUOTA_SLEEP_MAX_NS);
	ck_assert_int_eq(q.balance_ns, -QUOTA_DEBT_NS);
}
END_TEST

START_TEST(test_clock_steps_back)
{
	struct quota q;

	quota_init(&q, 2);
	quota_note(&q, 2 * SEC, 0, false);
	quota_note(&q, SEC, 4 * MS, false);
	ck_assert_int_eq(q.balance_ns, (int64_t)MS);
	ck_assert_uint_eq(q.last_ns, 2 * SEC);
}
END_TEST

static void quota_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_share, cases);
	UNIT_TEST(tests, test_a_short_cycle_is_not_interrupted);
	UNIT_TEST(tests, test_saved_time_is_bounded);
	UNIT_TEST(tests, test_debt_and_sleep_are_bounded);
	UNIT_TEST(tests, test_clock_steps_back);
}
UNIT_MAIN("quota", quota_suite)
