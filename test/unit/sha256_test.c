/*
 * sha256_test: the standard's own examples, and every way in which the
 * padding may fall.
 */
#include "cmd/sha256.h"

#include "test/unit/unit.h"

static const struct {
	const char *text;
	size_t nrepeats;
	const char *digest;
} files[] = {
	{"", 0,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852"
		"b855"},
	{"abc", 1,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
		"15ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db"
		"06c1"},
	{"a", 1000000,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc711"
		"2cd0"},
	/* 55, 56, 63 and 64 bytes: the length's eight fit, or do not. */
	{"x", 55,
		"d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e"
		"4072"},
	{"x", 56,
		"04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16"
		"888e"},
	{"x", 63,
		"75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776"
		"d6f2"},
	{"x", 64,
		"7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5"
		"393c"},
};

START_TEST(test_file)
{
	char path[] = "/tmp/sha256_test.XXXXXX";
	char digest[SHA256_TEXT];
	const int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	FILE *out = fdopen(fd, "w");
	for (size_t i = 0; i < files[_i].nrepeats; i++)
		fputs(files[_i].text, out);
	fclose(out);
	const bool is_read = sha256_file(path, digest);
	unlink(path);
	ck_assert(is_read);
	ck_assert_str_eq(digest, files[_i].digest);
}
END_TEST

START_TEST(test_missing)
{
	char digest[SHA256_TEXT];

	ck_assert(!sha256_file("/nonexistent/file", digest));
}
END_TEST

static void add_tests(TCase *tests)
{
	UNIT_TABLE(tests, test_file, files);
	UNIT_TEST(tests, test_missing);
}

UNIT_MAIN("sha256", add_tests)
