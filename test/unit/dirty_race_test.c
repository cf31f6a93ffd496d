/*
 * dirty_race_test: threads write at random, by themselves and through the
 * kernel, while others scan; at the end the shadow is what memory is, on every
 * rung.  GOALLOC_TEST_LONG makes it last.
 *
 * A rung that this machine lacks is forced as well: the next one must do.
 */
#include <pthread.h>

#include "gc/pagemap.h"
#include "test/unit/dirty_pages.h"

enum {
	TEST_NWRITERS = 2,
	TEST_NWRITES = 300000, /* of each writer */
	TEST_LONG = 20,        /* times as many */
	TEST_KERNEL_BYTES = 3000,
	TEST_ONE_IN = 16, /* writes that the kernel makes */
};

static const struct {
	const char *name;
	enum barrier wanted;
	size_t npages;
	int nscanners;
	bool huge;
} races[] = {
	{"uffd, few pages", BARRIER_UFFD, 3, 1, false},
	{"uffd", BARRIER_UFFD, 1024, 1, false},
	{"uffd, two scanners", BARRIER_UFFD, 1024, 2, false},
	{"uffd, huge pages", BARRIER_UFFD, 4096, 1, true},
	{"devuffd", BARRIER_DEVUFFD, 1024, 2, false},
	{"snapshot", BARRIER_SNAPSHOT, 1024, 1, false},
	{"softdirty", BARRIER_SOFTDIRTY, 1024, 2, false},
	{"stw", BARRIER_STW, 1024, 1, false},
};

static struct test_pages pages;
static int data_fd; /* what the kernel writes */
static int nwriting;
static size_t nwrites = TEST_NWRITES;

static uint32_t test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
		 UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

static void *test_writer(void *number)
{
	uint64_t state = (uint64_t)(uintptr_t)number;
	const uint64_t nwords = pages.npages * test_words();
	const size_t last = test_size(&pages) - TEST_KERNEL_BYTES;

	for (size_t i = 0; i < nwrites; i++) {
		const uint64_t at = test_random(&state);
		if (test_random(&state) % TEST_ONE_IN == 0) {
			/* Not libc's: the sanitizers follow that. */
			syscall(SYS_pread64, data_fd, pages.base + at % last,
				TEST_KERNEL_BYTES, at % TEST_KERNEL_BYTES);
		} else {
			store_relaxed(
				(uint64_t *)pages.base + at % nwords, state);
		}
	}
	fetch_sub_relaxed(&nwriting, 1);
	return NULL;
}

struct test_part {
	uintptr_t lo;
	uintptr_t hi;
};

static void *test_scanner(void *arg)
{
	const struct test_part *part = arg;

	do {
		dirty_scan(part->lo, part->hi, DIRTY_REARM, test_visit, &pages);
	} while (load_relaxed(&nwriting) > 0);
	return NULL;
}

/* A file of numbers, twice as long as what is read at once. */
static int test_data(void)
{
	const int fd = memfd_create("data", 0);
	uint64_t state = 1;

	for (size_t i = 0; i < 2 * TEST_KERNEL_BYTES / sizeof(uint64_t); i++) {
		const uint64_t word = test_random(&state);
		ck_assert_int_eq(write(fd, &word, sizeof(word)), sizeof(word));
	}
	return fd;
}

static struct test_pages test_huge_pages(size_t npages)
{
	const size_t size = npages * 4096, align = UINT64_C(2) << 20;
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p += align - (uintptr_t)p % align;
	ck_assert_int_eq(madvise(p, size, MADV_HUGEPAGE), 0);
	memset(p, 1, size);
	return test_pages_at(p, npages);
}

static void test_race(int nscanners)
{
	pthread_t writers[TEST_NWRITERS], scanners[2];
	const uintptr_t middle = pages.base + pages.npages / 2 * os_page_size;
	struct test_part parts[2] = {
		{pages.base, nscanners == 1 ? test_end(&pages) : middle},
		{middle, test_end(&pages)}};

	nwriting = TEST_NWRITERS;
	for (intptr_t i = 0; i < TEST_NWRITERS; i++)
		pthread_create(&writers[i], NULL, test_writer, (void *)(i + 1));
	for (int i = 0; i < nscanners; i++)
		pthread_create(&scanners[i], NULL, test_scanner, &parts[i]);
	for (int i = 0; i < TEST_NWRITERS; i++)
		pthread_join(writers[i], NULL);
	for (int i = 0; i < nscanners; i++)
		pthread_join(scanners[i], NULL);
}

START_TEST(test_no_write_is_lost)
{
	os_init();
	if (getenv("GOALLOC_TEST_LONG") != NULL)
		nwrites *= TEST_LONG;
	ck_assert_int_ge(dirty_init(races[_i].wanted), races[_i].wanted);
	pages = races[_i].huge ? test_huge_pages(races[_i].npages)
			       : test_pages_new(races[_i].npages);
	data_fd = test_data();
	const bool all = test_begin(&pages);
	ck_assert_msg(all == (dirty_which() != BARRIER_STW &&
				     dirty_which() != BARRIER_SNAPSHOT),
		"%s", races[_i].name);
	test_race(races[_i].nscanners);
	const size_t nvisited = pages.nvisited;
	ck_assert_uint_gt(nvisited + test_scan(&pages, DIRTY_FINAL), 0);
	ck_assert_uint_eq(test_lost(&pages), 0);
}
END_TEST

/*
 * What the test above would find: the same race with a scan that looks first
 * and arms later loses what is written between.
 */
static void test_look_then_arm(uintptr_t lo, uintptr_t hi)
{
	pagemap_visit_written(lo, hi, test_visit, &pages);
	pagemap_arm(lo, hi);
}

START_TEST(test_the_oracle_sees_lost_writes)
{
	os_init();
	dirty_init(BARRIER_AUTO);
	ck_assert(dirty_can_rearm());
	pages = test_pages_new(TEST_NWRITERS);
	ck_assert(test_begin(&pages));
	data_fd = test_data();
	size_t nlost = 0;
	for (int round = 0; round < 200 && nlost == 0; round++) {
		pthread_t writer;
		nwriting = 1;
		nwrites = 2000;
		pthread_create(&writer, NULL, test_writer, (void *)1);
		while (load_relaxed(&nwriting) > 0)
			test_look_then_arm(pages.base, test_end(&pages));
		pthread_join(writer, NULL);
		test_scan(&pages, DIRTY_REARM);
		nlost = test_lost(&pages);
	}
	ck_assert_uint_gt(nlost, 0);
}
END_TEST

static void dirty_race_suite(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	UNIT_TABLE(tests, test_no_write_is_lost, races);
	enum barrier found[2];
	if (test_find_rungs(found) > 0)
		UNIT_TEST(tests, test_the_oracle_sees_lost_writes);
}
UNIT_MAIN("dirty_race", dirty_race_suite)
