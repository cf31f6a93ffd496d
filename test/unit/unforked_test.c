/*
 * unforked_test: the flags in smaps are read, wherever a read ends, and real
 * mappings that a child lacks are found.
 */
#include <sys/mman.h>

#include "core/os.h"
#include "gc/unforked.h"
#include "test/unit/unit.h"

enum { TEST_MAX = 8 };

static struct {
	uintptr_t lo, hi;
} found[TEST_MAX];
static size_t nfound;

static void test_note(uintptr_t lo, uintptr_t hi, void *arg)
{
	ck_assert_ptr_eq(arg, &nfound);
	ck_assert_uint_lt(nfound, TEST_MAX);
	found[nfound].lo = lo;
	found[nfound++].hi = hi;
}

static const struct {
	const char *name;
	const char *text;
	size_t n;         /* mappings that must be found */
	uintptr_t lo, hi; /* the first */
} texts[] = {
	{"nothing", "", 0, 0, 0},
	{"ordinary", "1000-2000 rw-p 0 0:0 0\nVmFlags: rd wr mr mw me ac \n", 0,
		0, 0},
	{"dontfork",
		"1000-2000 rw-p 0 0:0 0\nSize: 4 kB\n"
		"VmFlags: rd wr mr mw me dc ac \n",
		1, 0x1000, 0x2000},
	{"wipeonfork", "7ffe00-7fff00 rw-p 0 0:0 0\nVmFlags: rd wr wf \n", 1,
		0x7ffe00, 0x7fff00},
	{"last flag, no space behind", "1000-2000 rw-p\nVmFlags: rd dc\n", 1,
		0x1000, 0x2000},
	{"both", "1000-2000 rw-p\nVmFlags: dc wf\n", 1, 0x1000, 0x2000},
	{"the second of two",
		"1000-2000 rw-p\nVmFlags: rd\n3000-5000 rw-p\nVmFlags: dc\n", 1,
		0x3000, 0x5000},
	{"two", "1000-2000 rw-p\nVmFlags: wf\n3000-5000 rw-p\nVmFlags: dc\n", 2,
		0x1000, 0x2000},
	{"in a name", "1000-2000 rw-p 0 0:0 0 /a dc/VmFlags: dc\nVmFlags: rd\n",
		0, 0, 0},
	{"a line not ended", "1000-2000 rw-p\nVmFlags: dc", 0, 0, 0},
};

START_TEST(test_parse)
{
	struct unforked u = {test_note, &nfound, 0, 0};
	const char *text = texts[_i].text;
	const size_t size = strlen(text);

	/* In two reads, cut at every place. */
	for (size_t cut = 0; cut <= size; cut++) {
		nfound = 0;
		const size_t parsed = unforked_parse(&u, text, cut);
		ck_assert_uint_le(parsed, cut);
		ck_assert(parsed == 0 || text[parsed - 1] == '\n');
		unforked_parse(&u, text + parsed, size - parsed);
		ck_assert_msg(nfound == texts[_i].n, "%s, cut at %zu: %zu",
			texts[_i].name, cut, nfound);
		if (nfound == 0)
			continue;
		ck_assert_uint_eq(found[0].lo, texts[_i].lo);
		ck_assert_uint_eq(found[0].hi, texts[_i].hi);
	}
}
END_TEST

/* Apart from its neighbours, so that it is one line of smaps. */
static void *test_map(int advice)
{
	const size_t size = 16 * 4096;
	char *p = mmap(
		NULL, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	ck_assert_int_eq(mprotect(p + size, size, PROT_READ | PROT_WRITE), 0);
	if (advice != 0)
		ck_assert_int_eq(madvise(p + size, size, advice), 0);
	return p + size;
}

START_TEST(test_real_mappings_are_found)
{
	os_init();
	const uintptr_t lacking = (uintptr_t)test_map(MADV_DONTFORK);
	const uintptr_t wiped = (uintptr_t)test_map(MADV_WIPEONFORK);
	const uintptr_t plain = (uintptr_t)test_map(0);
	bool has_lacking = false, has_wiped = false;

	ck_assert(unforked_visit(test_note, &nfound));
	for (size_t i = 0; i < nfound; i++) {
		has_lacking |= found[i].lo == lacking &&
			       found[i].hi == lacking + 16 * 4096;
		has_wiped |= found[i].lo == wiped &&
			     found[i].hi == wiped + 16 * 4096;
		ck_assert(found[i].hi <= plain || found[i].lo > plain);
	}
	ck_assert(has_lacking);
	ck_assert(has_wiped);
}
END_TEST

static void unforked_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_parse, texts);
	UNIT_TEST(tests, test_real_mappings_are_found);
}
UNIT_MAIN("unforked", unforked_suite)
