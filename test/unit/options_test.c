/*
 * options_test: environments drawn as they are, and what is made of them: the
 * values that are not the defaults, and every line on stderr.
 */
#include "core/options.h"

#include <stdbool.h>

#include "test/unit/unit.h"

enum {
	NVARIABLES = 6,
	TEST_ROOM = 512, /* more than all values need */
};

static const char defaults[] =
	"GOGC=off GOMEMLIMIT=off inittrace=0 madvdontneed=1 scavtrace=0 "
	"harddecommit=0 gctrace=0 gcpacertrace=0 gcstoptheworld=0 "
	"gccheckmark=0 gcsound=0 clobberfree=0 memprofilerate=0 tiny=1 "
	"zero_realloc=free free=deferred unreachable=reclaim barrier=auto "
	"profile_format=pb profile_interval=0 profile_peak=0 profile_signal=0 "
	"profile_listen=1 profile_seed=0 verbose=0 help=0 profile=";

static const struct {
	const char *name;
	char *env[NVARIABLES]; /* ends with NULL */
	const char *values;    /* those that are not the default */
	const char *said;      /* on stderr */
} cases[] = {
	{"nothing", {NULL}, "", ""},
	{"every_one",
		{"GOGC=50", "GOMEMLIMIT=1GiB",
			"GODEBUG=inittrace=1,madvdontneed=0,scavtrace=1,"
			"harddecommit=1,gctrace=1,gcpacertrace=1,"
			"gcstoptheworld=2,gccheckmark=1,gcsound=1,"
			"clobberfree=1,memprofilerate=524288",
			"GOALLOC=tiny=0,zero_realloc=alloc,free=ignore,"
			"unreachable=keep,barrier=stw,verbose=1,help=1,"
			"profile=a/b=c,profile_format=text"},
		"GOGC=50 GOMEMLIMIT=1GiB inittrace=1 madvdontneed=0 "
		"scavtrace=1 harddecommit=1 gctrace=1 gcpacertrace=1 "
		"gcstoptheworld=2 gccheckmark=1 gcsound=1 clobberfree=1 "
		"memprofilerate=524288 tiny=0 zero_realloc=alloc free=ignore "
		"unreachable=keep barrier=stw profile_format=text verbose=1 "
		"help=1 profile=a/b=c",
		""},
	{"key_alone", {"GOALLOC=verbose,help", "GODEBUG=scavtrace"},
		"scavtrace=1 verbose=1 help=1", ""},
	{"last_counts", {"GODEBUG=scavtrace=1,scavtrace=0,inittrace=1"},
		"inittrace=1", ""},
	{"own_variable_wins_in_any_order",
		{"GOALLOC_GODEBUG=scavtrace=0,gctrace=1", "GODEBUG=scavtrace=1",
			"GOALLOC_GOGC=30", "GOGC=50", "GOMEMLIMIT=5",
			"GOALLOC_GOMEMLIMIT=6"},
		"GOGC=30 GOMEMLIMIT=6B gctrace=1", ""},
	{"own_variable_says_off",
		{"GOGC=50", "GOALLOC_GOGC=off", "GOMEMLIMIT=1MiB",
			"GOALLOC_GOMEMLIMIT=off"},
		"", ""},
	{"first_of_two_variables_counts",
		{"GOALLOC=tiny=0", "GOALLOC=tiny=1", "GOALLOCX=tiny=1",
			"GOGC=7", "GOGC=8", "GOGCX=9"},
		"GOGC=7 tiny=0", ""},
	{"go_keys_pass", {"GODEBUG=asyncpreemptoff=x,tiny=0,=,==,,,a"}, "", ""},
	{"malformed_keeps_what_was",
		{"GODEBUG=madvdontneed=0,madvdontneed=,madvdontneed= 1"},
		"madvdontneed=0",
		"goalloc: GODEBUG: bad value \"\" for madvdontneed; it takes 0 "
		"to 1, using 0\n"
		"goalloc: GODEBUG: bad value \" 1\" for madvdontneed; it takes "
		"0 to 1, using 0\n"},
	{"malformed_variable_keeps_what_was",
		{"GOGC=20", "GOALLOC_GOGC=fast", "GOMEMLIMIT=1MiB",
			"GOALLOC_GOMEMLIMIT=1MB"},
		"GOGC=20 GOMEMLIMIT=1MiB",
		"goalloc: GOALLOC_GOGC: bad value \"fast\"; it takes "
		"off|1 to 2147483647, using 20\n"
		"goalloc: GOALLOC_GOMEMLIMIT: bad value \"1MB\"; it takes "
		"off|auto|bytes, using 1MiB\n"},
	{"empty_variables_are_none", {"GOGC=", "GOALLOC_GOMEMLIMIT="}, "", ""},
	{"numbers_that_wrap", {"GOALLOC=tiny=4294967296,tiny=-0,tiny=+1"}, "",
		"goalloc: GOALLOC: bad value \"4294967296\" for tiny; it takes "
		"0 to 1, using 1\n"
		"goalloc: GOALLOC: bad value \"-0\" for tiny; it takes 0 to 1, "
		"using 1\n"
		"goalloc: GOALLOC: bad value \"+1\" for tiny; it takes 0 to 1, "
		"using 1\n"},
	{"one_too_many", {"GODEBUG=gctrace=2,gcstoptheworld=3"}, "",
		"goalloc: GODEBUG: bad value \"2\" for gctrace; it takes 0 to "
		"1, using 0\n"
		"goalloc: GODEBUG: bad value \"3\" for gcstoptheworld; it "
		"takes 0 to 2, using 0\n"},
	{"greatest_number",
		{"GODEBUG=memprofilerate=2147483647,memprofilerate=2147483648"},
		"memprofilerate=2147483647",
		"goalloc: GODEBUG: bad value \"2147483648\" for "
		"memprofilerate; "
		"it takes 0 to 2147483647, using 2147483647\n"},
	{"unknown_words", {"GOALLOC=zero_realloc=1,zero_realloc=free|alloc"},
		"",
		"goalloc: GOALLOC: bad value \"1\" for zero_realloc; it takes "
		"free|alloc, using free\n"
		"goalloc: GOALLOC: bad value \"free|alloc\" for zero_realloc; "
		"it takes free|alloc, using free\n"},
	{"words_in_the_middle",
		{"GOALLOC=free=now,unreachable=report,barrier=softdirty"},
		"free=now unreachable=report barrier=softdirty", ""},
	{"unknown_key_and_no_terminal_codes", {"GOALLOC=\x1b[2Jk\xc3\xa9y"}, "",
		"goalloc: GOALLOC: unknown option \"?[2Jk??y\"; the options "
		"are tiny, zero_realloc, free, unreachable, barrier, "
		"profile_format, profile_interval, profile_peak, "
		"profile_signal, profile_listen, profile_seed, verbose, help, "
		"profile\n"},
};

/* Which values GOGC and GOMEMLIMIT take, alone in the environment. */
static const struct {
	const char *setting; /* NAME=VALUE */
	int64_t wanted;      /* options.gogc or options.gomemlimit */
	bool is_bad;         /* a line says so */
} variable_cases[] = {
	{"GOGC=off", GOGC_OFF, false},
	{"GOGC=1", 1, false},
	{"GOGC=100", 100, false},
	{"GOGC=10000", 10000, false},
	{"GOGC=2147483647", INT32_MAX, false},
	{"GOGC=0007", 7, false},
	{"GOGC=2147483648", GOGC_OFF, true},
	{"GOGC=4294967297", GOGC_OFF, true},
	{"GOGC=0", GOGC_OFF, true},
	{"GOGC=-1", GOGC_OFF, true},
	{"GOGC=+1", GOGC_OFF, true},
	{"GOGC= 1", GOGC_OFF, true},
	{"GOGC=1.5", GOGC_OFF, true},
	{"GOGC=100%", GOGC_OFF, true},
	{"GOGC=OFF", GOGC_OFF, true},
	{"GOGC=offf", GOGC_OFF, true},
	{"GOGC=auto", GOGC_OFF, true},
	{"GOGC=1B", GOGC_OFF, true},
	{"GOMEMLIMIT=off", GOMEMLIMIT_OFF, false},
	{"GOMEMLIMIT=auto", GOMEMLIMIT_AUTO, false},
	{"GOMEMLIMIT=0", 0, false},
	{"GOMEMLIMIT=123456789", 123456789, false},
	{"GOMEMLIMIT=77B", 77, false},
	{"GOMEMLIMIT=3KiB", 3 << 10, false},
	{"GOMEMLIMIT=512MiB", 512 << 20, false},
	{"GOMEMLIMIT=5GiB", INT64_C(5) << 30, false},
	{"GOMEMLIMIT=7TiB", INT64_C(7) << 40, false},
	{"GOMEMLIMIT=9223372036854775807", INT64_MAX, false},
	{"GOMEMLIMIT=9223372036854775807B", INT64_MAX, false},
	{"GOMEMLIMIT=9223372036854775808", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=9223372036854775808B", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=8388607TiB", INT64_C(8388607) << 40, false},
	{"GOMEMLIMIT=8388608TiB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=16777217TiB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=18014398509481985KiB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1MB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1M", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1mib", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1 MiB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1BB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1KiBB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=1.5GiB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=-1", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=MiB", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=B", GOMEMLIMIT_OFF, true},
	{"GOMEMLIMIT=xMiB", GOMEMLIMIT_OFF, true},
};

/* Says the words of `values` that `fallbacks` does not have at that place. */
static void say_changed(char *values, char *fallbacks)
{
	char *next_value, *next_fallback;
	const char *gap = "";
	char *v = strtok_r(values, " ", &next_value);
	char *f = strtok_r(fallbacks, " ", &next_fallback);

	while (v != NULL && f != NULL) {
		if (strcmp(v, f) != 0) {
			dprintf(STDERR_FILENO, "%s%s", gap, v);
			gap = " ";
		}
		v = strtok_r(NULL, " ", &next_value);
		f = strtok_r(NULL, " ", &next_fallback);
	}
	dprintf(STDERR_FILENO, "%s\n", v == f ? "" : " and another length");
}

/* Reads the case's environment and says the values in a last line. */
static void read_case(void *arg)
{
	char *const *env = arg;
	char values[TEST_ROOM], fallbacks[TEST_ROOM];

	options_read(env);
	options_format(values, sizeof values);
	say_changed(values, strcpy(fallbacks, defaults));
}

START_TEST(test_environment)
{
	char said[4096], wanted[4096];
	char *env[NVARIABLES + 1] = {NULL};

	memcpy(env, cases[_i].env, sizeof cases[_i].env);
	int status = unit_run_child(read_case, env, said, sizeof said);
	snprintf(wanted, sizeof wanted, "%s%s\n", cases[_i].said,
		cases[_i].values);
	ck_assert_msg(status == 0 && strcmp(said, wanted) == 0,
		"%s: status %d, got:\n%swanted:\n%s", cases[_i].name, status,
		said, wanted);
}
END_TEST

START_TEST(test_defaults)
{
	char values[TEST_ROOM];

	ck_assert_uint_eq(
		options_format(values, sizeof values), strlen(defaults));
	ck_assert_str_eq(values, defaults);
}
END_TEST

/* Reads a row of variable_cases; exit status 1: the value is wrong. */
static void read_variable(void *arg)
{
	const int i = *(const int *)arg;
	char setting[64];
	char *env[] = {strcpy(setting, variable_cases[i].setting), NULL};

	options_read(env);
	const int64_t got = strncmp(setting, "GOGC", 4) == 0
				    ? options.gogc
				    : options.gomemlimit;
	if (got != variable_cases[i].wanted)
		_exit(1);
}

START_TEST(test_variable)
{
	char said[1024];
	int status = unit_run_child(read_variable, &_i, said, sizeof said);

	ck_assert_msg(
		status == 0, "%s: another value", variable_cases[_i].setting);
	ck_assert_msg((strstr(said, "bad value") != NULL) ==
			      variable_cases[_i].is_bad,
		"%s: said \"%s\"", variable_cases[_i].setting, said);
}
END_TEST

/* A size is written back in the largest unit that loses nothing. */
static const struct {
	char *setting;
	const char *wanted;
} size_cases[] = {
	{"GOMEMLIMIT=0", "GOMEMLIMIT=0B "},
	{"GOMEMLIMIT=1023", "GOMEMLIMIT=1023B "},
	{"GOMEMLIMIT=1024", "GOMEMLIMIT=1KiB "},
	{"GOMEMLIMIT=1025KiB", "GOMEMLIMIT=1025KiB "},
	{"GOMEMLIMIT=2048MiB", "GOMEMLIMIT=2GiB "},
	{"GOMEMLIMIT=2048TiB", "GOMEMLIMIT=2048TiB "},
	{"GOMEMLIMIT=auto", "GOMEMLIMIT=auto "},
};

START_TEST(test_sizes_are_written_back)
{
	char *env[] = {size_cases[_i].setting, NULL};
	char values[TEST_ROOM];

	options_read(env);
	options_format(values, sizeof values);
	ck_assert_msg(strstr(values, size_cases[_i].wanted) != NULL, "%s: %s",
		size_cases[_i].setting, values);
}
END_TEST

START_TEST(test_no_environment)
{
	options_read(NULL);
	ck_assert_int_eq(options.tiny, 1);
	ck_assert_ptr_null(options_getenv(NULL, "GOALLOC"));
}
END_TEST

START_TEST(test_getenv_takes_whole_names)
{
	char *const env[] = {"GOALLOC_LIB=x", "GOALL=y", "NOVALUE",
		"GOALLOC=a=b", "GOALLOC=c", NULL};

	ck_assert_str_eq(options_getenv(env, "GOALLOC"), "a=b");
	ck_assert_str_eq(options_getenv(env, "NOVALUE"), "");
	ck_assert_ptr_null(options_getenv(env, "GOALLO"));
}
END_TEST

START_TEST(test_format_stays_in_its_buffer)
{
	char buf[64];

	for (size_t size = 1; size < sizeof buf; size++) {
		memset(buf, '#', sizeof buf);
		ck_assert_uint_eq(options_format(buf, size), size - 1);
		ck_assert_uint_eq(strlen(buf), size - 1);
		ck_assert_int_eq(buf[size], '#');
	}
}
END_TEST

static void options_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_environment, cases);
	UNIT_TEST(tests, test_defaults);
	UNIT_TABLE(tests, test_variable, variable_cases);
	UNIT_TABLE(tests, test_sizes_are_written_back, size_cases);
	UNIT_TEST(tests, test_no_environment);
	UNIT_TEST(tests, test_getenv_takes_whole_names);
	UNIT_TEST(tests, test_format_stays_in_its_buffer);
}

UNIT_MAIN("options", options_suite)
