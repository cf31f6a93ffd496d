/*
 * fatal_test: every conversion, what is cut, and the two ways to speak.
 */
#include "core/fatal.h"

#include <errno.h>
#include <stdint.h>

#include "test/unit/unit.h"

enum {
	TEST_HUGE = 3 * FATAL_LINE_MAX, /* longer than a line can be */
	TEST_ROOM = 256,                /* more than any case needs */
};

/* One conversion and what it makes of an argument of its type. */
struct test_format_case {
	const char *name;
	const char *format;
	enum { TEST_INT, TEST_LONG, TEST_STRING, TEST_POINTER } type;
	int64_t number;
	const char *string;
	const char *expected;
};

static const struct test_format_case format_cases[] = {
	{"zero", "%d", TEST_INT, 0, NULL, "0"},
	{"int_max", "%d", TEST_INT, INT32_MAX, NULL, "2147483647"},
	{"int_min", "%d", TEST_INT, INT32_MIN, NULL, "-2147483648"},
	{"unsigned", "%u", TEST_INT, -1, NULL, "4294967295"},
	{"hex", "%x", TEST_INT, 0xbeef, NULL, "beef"},
	{"hex_prefix", "%#x", TEST_INT, 0x10, NULL, "0x10"},
	{"hex_zero", "%#x", TEST_INT, 0, NULL, "0x0"},
	{"char", "<%c>", TEST_INT, 'x', NULL, "<x>"},
	{"long", "%ld", TEST_LONG, INT64_MAX, NULL, "9223372036854775807"},
	{"long_min", "%ld", TEST_LONG, INT64_MIN, NULL, "-9223372036854775808"},
	{"long_long", "%lld", TEST_LONG, -5, NULL, "-5"},
	{"size", "%zu", TEST_LONG, -1, NULL, "18446744073709551615"},
	{"size_hex", "%#zx", TEST_LONG, INT64_C(0x123456789abcdef), NULL,
		"0x123456789abcdef"},
	{"long_hex", "%lx", TEST_LONG, -1, NULL, "ffffffffffffffff"},
	{"pointer", "%p", TEST_POINTER, 0xdead0, NULL, "0xdead0"},
	{"null_pointer", "%p", TEST_POINTER, 0, NULL, "0x0"},
	{"string", "a %s b", TEST_STRING, 0, "text", "a text b"},
	{"empty_string", "a%sb", TEST_STRING, 0, "", "ab"},
	{"null_string", "%s", TEST_STRING, 0, NULL, "(null)"},
	{"percent", "%d%%", TEST_INT, 50, NULL, "50%"},
	{"no_conversion", "plain", TEST_INT, 0, NULL, "plain"},
	{"percent_at_end", "%d %", TEST_INT, 1, NULL, "1 %"},
	{"unknown", "%q", TEST_INT, 1, NULL, "q"},
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static size_t test_format(
	char *buf, size_t size, const struct test_format_case *k)
{
	switch (k->type) {
	case TEST_INT: return format(buf, size, k->format, (int)k->number);
	case TEST_LONG: return format(buf, size, k->format, (long)k->number);
	case TEST_STRING: return format(buf, size, k->format, k->string);
	case TEST_POINTER:
		return format(buf, size, k->format, (void *)k->number);
	}
	return 0;
}
#pragma GCC diagnostic pop

START_TEST(test_format_converts)
{
	const struct test_format_case *k = &format_cases[_i];
	char buf[TEST_ROOM];

	size_t length = test_format(buf, sizeof(buf), k);
	ck_assert_msg(
		strcmp(buf, k->expected) == 0, "%s: \"%s\"", k->name, buf);
	ck_assert_uint_eq(length, strlen(k->expected));
}
END_TEST

/* Whatever the size, the text is a prefix and nothing behind it is touched. */
START_TEST(test_format_cuts_at_the_end_of_the_buffer)
{
	const struct test_format_case *k = &format_cases[_i];
	const size_t whole = strlen(k->expected);

	for (size_t size = 1; size <= whole + 2; size++) {
		char buf[TEST_ROOM];
		memset(buf, '#', sizeof(buf));
		const size_t kept = size - 1 < whole ? size - 1 : whole;

		ck_assert_uint_eq(test_format(buf, size, k), kept);
		ck_assert_msg(memcmp(buf, k->expected, kept) == 0 &&
				      buf[kept] == '\0' && buf[size] == '#',
			"%s at size %zu", k->name, size);
	}
}
END_TEST

START_TEST(test_arguments_are_taken_in_order)
{
	char buf[TEST_ROOM];

	format(buf, sizeof(buf), "%s %zu %d %#lx %c %s", "a", (size_t)1, -2,
		3ul, 'c', "z");
	ck_assert_str_eq(buf, "a 1 -2 0x3 c z");
}
END_TEST

static void test_die_in_fatal(void *message)
{
	fatal("%s: %d", (const char *)message, 7);
}

START_TEST(test_fatal_prints_one_line_and_aborts)
{
	ck_assert_dies(
		test_die_in_fatal, "heap broken", "goalloc: heap broken: 7");
}
END_TEST

static void test_die_in_check(void *number)
{
	check(number == NULL);
}

START_TEST(test_check_names_function_and_condition)
{
	char got[TEST_ROOM];
	int one;

	ck_assert_int_eq(
		unit_run_child(test_die_in_check, NULL, got, sizeof(got)), 0);
	ck_assert_dies(test_die_in_check, &one,
		"goalloc: test_die_in_check: check failed: number == NULL");
}
END_TEST

static void test_die_in_dcheck(void *number)
{
	dcheck(!number);
}

START_TEST(test_dcheck_dies_where_checks_are_on)
{
	char got[TEST_ROOM];
	int one;

	if (CHECK_LEVEL >= 1)
		ck_assert_dies(test_die_in_dcheck, &one,
			"goalloc: test_die_in_dcheck: check failed: !number");
	else
		ck_assert_int_eq(unit_run_child(test_die_in_dcheck, &one, got,
					 sizeof(got)),
			0);
}
END_TEST

static void test_say_twice(void *unused)
{
	(void)unused;
	errno = EXDEV;
	say("first %d", 1);
	say("second");
	if (errno != EXDEV)
		_exit(1);
}

START_TEST(test_say_prints_lines_and_keeps_errno)
{
	char got[TEST_ROOM];
	int status = unit_run_child(test_say_twice, NULL, got, sizeof(got));

	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(got, "goalloc: first 1\ngoalloc: second\n");
}
END_TEST

static void test_say_huge(void *unused)
{
	char text[TEST_HUGE];

	(void)unused;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	say("%s", text);
}

START_TEST(test_a_line_is_cut_and_still_ends)
{
	char got[TEST_HUGE];
	int status = unit_run_child(test_say_huge, NULL, got, sizeof(got));

	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(strlen(got), FATAL_LINE_MAX);
	ck_assert_int_eq(got[FATAL_LINE_MAX - 1], '\n');
	ck_assert_int_eq(got[FATAL_LINE_MAX - 2], 'x');
}
END_TEST

static void test_say_to_closed(void *unused)
{
	(void)unused;
	close(STDERR_FILENO);
	errno = 0;
	say("nobody hears this");
	_exit(errno);
}

START_TEST(test_say_without_stderr_is_silent)
{
	char got[TEST_ROOM];

	ck_assert_int_eq(
		unit_run_child(test_say_to_closed, NULL, got, sizeof(got)), 0);
}
END_TEST

static void fatal_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_format_converts, format_cases);
	UNIT_TABLE(
		tests, test_format_cuts_at_the_end_of_the_buffer, format_cases);
	UNIT_TEST(tests, test_arguments_are_taken_in_order);
	UNIT_TEST(tests, test_fatal_prints_one_line_and_aborts);
	UNIT_TEST(tests, test_check_names_function_and_condition);
	UNIT_TEST(tests, test_dcheck_dies_where_checks_are_on);
	UNIT_TEST(tests, test_say_prints_lines_and_keeps_errno);
	UNIT_TEST(tests, test_a_line_is_cut_and_still_ends);
	UNIT_TEST(tests, test_say_without_stderr_is_silent);
}
UNIT_MAIN("fatal", fatal_suite)
