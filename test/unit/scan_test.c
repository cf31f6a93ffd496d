/*
 * scan_test: the words of some memory that lie in a window, against a plain
 * loop; and nothing is read behind the last page.
 */
#include "gc/scan.h"

#include <sys/mman.h>

#include "test/unit/unit.h"

enum {
	TEST_PAGE = 4096,
	TEST_ROUNDS = 3000,
	TEST_MANY = 2 * TEST_PAGE,
};

static const struct test_window {
	const char *name;
	struct scan_window window;
} windows[] = {
	{"usual", {UINT64_C(0xc512340000), 64 << 20}},
	{"over_4_GiB", {UINT64_C(0xc5f0000000), UINT64_C(9) << 30}},
	{"one_page", {UINT64_C(0xc5fffff000), 8192}},
	{"high", {UINT64_C(0x7fff80000000), UINT64_C(3) << 30}},
	{"sign_bit_of_half", {UINT64_C(0xbfffffff0000), 1 << 20}},
};

static char *end_of_page; /* what follows cannot be read */
static uint64_t seed;

static uint32_t test_random(void)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33);
}

static void test_map(void)
{
	char *p = mmap(NULL, 3 * TEST_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	end_of_page = p + 2 * TEST_PAGE;
	ck_assert_int_eq(mprotect(end_of_page, TEST_PAGE, PROT_NONE), 0);
}

/* Anything at all, and now and then an address in or just outside. */
static void test_fill(char *at, size_t size, const struct scan_window *win)
{
	for (size_t i = 0; i < size; i += SCAN_GRAIN) {
		const uint32_t half = test_random() % 3 ? 0 : test_random();
		memcpy(at + i, &half, sizeof(half));
	}
	for (unsigned n = test_random() % 6; n > 0; n--) {
		const uintptr_t edges[] = {win->base, win->base - 1,
			win->base + win->size - 1, win->base + win->size,
			win->base + test_random() % win->size};
		const size_t place = test_random() % (size / SCAN_GRAIN - 1);
		memcpy(at + place * SCAN_GRAIN,
			&edges[test_random() % UNIT_COUNT(edges)],
			sizeof(uintptr_t));
	}
}

static unsigned test_scan(const char *at, size_t size,
	const struct scan_window *win, uintptr_t *out)
{
	size_t nwords = size / SCAN_GRAIN - 1;
	unsigned n = 0;

	for (; nwords >= SCAN_STEP; nwords -= SCAN_STEP) {
		n = scan_step(at, win, out, n);
		at += SCAN_STEP * SCAN_GRAIN;
	}
	return scan_rest(at, (unsigned)nwords, win, out, n);
}

static unsigned test_scan_plainly(const char *at, size_t size,
	const struct scan_window *win, uintptr_t *out)
{
	unsigned n = 0;

	for (size_t i = 0; i + sizeof(uintptr_t) <= size; i += SCAN_GRAIN) {
		uintptr_t w;
		memcpy(&w, at + i, sizeof(w));
		if (w >= win->base && w - win->base < win->size)
			out[n++] = w;
	}
	return n;
}

START_TEST(test_the_same_as_a_plain_loop)
{
	static uintptr_t got[TEST_MANY], wanted[TEST_MANY];
	const struct scan_window *win = &windows[_i].window;
	unsigned nfound = 0;

	seed = (uint64_t)_i;
	test_map();
	for (int round = 0; round < TEST_ROUNDS; round++) {
		const size_t size = 8 + test_random() % 100 * 8;
		const size_t gap = test_random() % 4 * 8;
		const char *at = end_of_page - gap - size;
		test_fill(end_of_page - gap - size, size, win);
		const unsigned n = test_scan_plainly(at, size, win, wanted);
		ck_assert_uint_eq(test_scan(at, size, win, got), n);
		ck_assert_mem_eq(got, wanted, n * sizeof(got[0]));
		nfound += n;
	}
	ck_assert_uint_gt(nfound, TEST_ROUNDS / 2);
}
END_TEST

static void scan_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_the_same_as_a_plain_loop, windows);
}

UNIT_MAIN("scan", scan_suite)
