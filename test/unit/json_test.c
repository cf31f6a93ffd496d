/*
 * json_test: what is written for each kind of value, and text that would
 * break out of its quotes.
 */
#include "cmd/json.h"

#include <math.h>

#include "test/unit/unit.h"

static const struct {
	const char *text;
	const char *quoted;
} strings[] = {
	{"", "\"\""},
	{"plain", "\"plain\""},
	{"a\"b\\c", "\"a\\\"b\\\\c\""},
	{"line\nend\t", "\"line\\u000aend\\u0009\""},
	{"\xc3\xa9", "\"\xc3\xa9\""},
	{"\xe2\x82\xac\xf0\x9f\x90\xb9", "\"\xe2\x82\xac\xf0\x9f\x90\xb9\""},
	{"\xff!", "\"\\ufffd!\""},
	{"\xc3", "\"\\ufffd\""},
	{"\xe2\x82", "\"\\ufffd\\ufffd\""},
	{"\xc0\xaf", "\"\\ufffd\\ufffd\""},
};

START_TEST(test_quote)
{
	char out[64] = "";
	FILE *file = fmemopen(out, sizeof out, "w");

	json_quote(file, strings[_i].text);
	fclose(file);
	ck_assert_str_eq(out, strings[_i].quoted);
}
END_TEST

START_TEST(test_document)
{
	char out[256] = "";
	FILE *file = fmemopen(out, sizeof out, "w");
	struct json j = {.out = file};

	json_object(&j, NULL);
	json_string(&j, "a", "x");
	json_array(&j, "b", true);
	json_number(&j, NULL, 1.5);
	json_number(&j, NULL, NAN);
	json_number(&j, NULL, INFINITY);
	json_number(&j, NULL, 25276510208);
	json_end_array(&j);
	json_array(&j, "c", false);
	json_end_array(&j);
	json_object(&j, "d");
	json_bool(&j, "e", true);
	json_end_object(&j);
	json_end_object(&j);
	fclose(file);
	ck_assert_str_eq(out, "{\n  \"a\": \"x\",\n"
			      "  \"b\": [1.5, null, null, 25276510208],\n"
			      "  \"c\": [],\n  \"d\": {\n    \"e\": true\n"
			      "  }\n}\n");
}
END_TEST

static void add_tests(TCase *tests)
{
	UNIT_TABLE(tests, test_quote, strings);
	UNIT_TEST(tests, test_document);
}

UNIT_MAIN("json", add_tests)
