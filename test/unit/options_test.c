/*
 * options_test: environments drawn as they are, and what is made of them: the
 * values, and every line on stderr.
 */
#include "core/options.h"
#include "test/unit/unit.h"

enum { NVARIABLES = 4 };

static const struct {
	const char *name;
	char *env[NVARIABLES]; /* ends with NULL */
	const char *values;    /* all of them */
	const char *said;      /* on stderr */
} cases[] = {
	{"nothing", {NULL},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		""},
	{"every_one",
		{"GODEBUG=inittrace=1,madvdontneed=0,scavtrace=1,"
		 "harddecommit=1",
			"GOALLOC=tiny=0,zero_realloc=alloc,verbose=1,help=1"},
		"inittrace=1 madvdontneed=0 scavtrace=1 harddecommit=1 tiny=0 "
		"zero_realloc=alloc verbose=1 help=1",
		""},
	{"key_alone", {"GOALLOC=verbose,help", "GODEBUG=scavtrace"},
		"inittrace=0 madvdontneed=1 scavtrace=1 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=1 help=1",
		""},
	{"last_counts", {"GODEBUG=scavtrace=1,scavtrace=0,inittrace=1"},
		"inittrace=1 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		""},
	{"own_variable_wins_in_any_order",
		{"GOALLOC_GODEBUG=scavtrace=0", "GODEBUG=scavtrace=1"},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		""},
	{"first_of_two_variables_counts",
		{"GOALLOC=tiny=0", "GOALLOC=tiny=1", "GOALLOCX=tiny=1"},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=0 "
		"zero_realloc=free verbose=0 help=0",
		""},
	{"go_keys_pass", {"GODEBUG=gctrace=x,tiny=0,=,==,,,a"},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		""},
	{"malformed_keeps_what_was",
		{"GODEBUG=madvdontneed=0,madvdontneed=,madvdontneed= 1"},
		"inittrace=0 madvdontneed=0 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		"goalloc: GODEBUG: bad value \"\" for madvdontneed; it takes 0 "
		"to 1, using 0\n"
		"goalloc: GODEBUG: bad value \" 1\" for madvdontneed; it takes "
		"0 to 1, using 0\n"},
	{"numbers_that_wrap", {"GOALLOC=tiny=4294967296,tiny=-0,tiny=+1"},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		"goalloc: GOALLOC: bad value \"4294967296\" for tiny; it takes "
		"0 to 1, using 1\n"
		"goalloc: GOALLOC: bad value \"-0\" for tiny; it takes 0 to 1, "
		"using 1\n"
		"goalloc: GOALLOC: bad value \"+1\" for tiny; it takes 0 to 1, "
		"using 1\n"},
	{"unknown_words", {"GOALLOC=zero_realloc=1,zero_realloc=free|alloc"},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		"goalloc: GOALLOC: bad value \"1\" for zero_realloc; it takes "
		"free|alloc, using free\n"
		"goalloc: GOALLOC: bad value \"free|alloc\" for zero_realloc; "
		"it takes free|alloc, using free\n"},
	{"unknown_key_and_no_terminal_codes", {"GOALLOC=\x1b[2Jk\xc3\xa9y"},
		"inittrace=0 madvdontneed=1 scavtrace=0 harddecommit=0 tiny=1 "
		"zero_realloc=free verbose=0 help=0",
		"goalloc: GOALLOC: unknown option \"?[2Jk??y\"; the options "
		"are tiny, zero_realloc, verbose, help\n"},
};

/* Reads the case's environment and says the values in a last line. */
static void read_case(void *arg)
{
	char *const *env = arg;
	char values[512];

	options_read(env);
	options_format(values, sizeof values);
	dprintf(STDERR_FILENO, "%s\n", values);
}

START_TEST(test_environment)
{
	char said[4096], wanted[4096];
	char *env[NVARIABLES];

	memcpy(env, cases[_i].env, sizeof env);
	int status = unit_run_child(read_case, env, said, sizeof said);
	snprintf(wanted, sizeof wanted, "%s%s\n", cases[_i].said,
		cases[_i].values);
	ck_assert_msg(status == 0 && strcmp(said, wanted) == 0,
		"%s: status %d, got:\n%swanted:\n%s", cases[_i].name, status,
		said, wanted);
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
	UNIT_TEST(tests, test_no_environment);
	UNIT_TEST(tests, test_getenv_takes_whole_names);
	UNIT_TEST(tests, test_format_stays_in_its_buffer);
}

UNIT_MAIN("options", options_suite)
