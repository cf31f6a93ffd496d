/*
 * dirty_lost_test: where the kernel loses track, or never had it, the memory is
 * visited whole, and no more than that; a new cycle or a repair mends it.
 */
#include "gc/dirtymap.h"
#include "test/unit/dirty_pages.h"

/* The rungs that track, as far as this machine has them. */
static enum barrier tracking[2];

enum { TEST_NPAGES = 64 };

#define TEST_PIECE (DIRTYMAP_PIECE / os_page_size)
#define TEST_GRAIN (DIRTYMAP_GRAIN / os_page_size)

static void test_init(enum barrier wanted)
{
	os_init();
	ck_assert_int_eq(dirty_init(wanted), wanted);
}

/* Three pieces, a few pages of each in use. */
static struct test_pages test_three_pieces(void)
{
	const size_t size = 4 * DIRTYMAP_PIECE;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *aligned = p + DIRTYMAP_PIECE - (uintptr_t)p % DIRTYMAP_PIECE;
	struct test_pages t =
		test_pages_at(aligned, 3 * DIRTYMAP_PIECE / os_page_size);

	for (size_t piece = 0; piece < 3; piece++)
		memset(aligned + piece * DIRTYMAP_PIECE, 1, 16 * os_page_size);
	dirty_begin();
	ck_assert(dirty_track(t.base, test_end(&t)));
	t.deaf = true; /* it is large */
	return t;
}

static void test_map_over(char *p)
{
	ck_assert_ptr_eq(
		mmap(p, 2 * os_page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		p);
}

static void test_move_over(char *p)
{
	char *from = mmap(NULL, 2 * os_page_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(from, 7, 2 * os_page_size);
	ck_assert_ptr_eq(mremap(from, 2 * os_page_size, 2 * os_page_size,
				 MREMAP_MAYMOVE | MREMAP_FIXED, p),
		p);
}

static void test_move_within(char *p)
{
	char *from = p + 8 * os_page_size;

	ck_assert_ptr_eq(mremap(from, 2 * os_page_size, 2 * os_page_size,
				 MREMAP_MAYMOVE | MREMAP_FIXED, p),
		p);
}

static void (*const replacers[])(char *) = {
	test_map_over, test_move_over, test_move_within};

/* Scans all of it; so many pages were written, and not tracked. */
static void test_found(struct test_pages *t, enum dirty_mode mode,
	size_t written, size_t untracked)
{
	const struct dirty_found found =
		dirty_scan(t->base, test_end(t), mode, test_visit, t);

	ck_assert_uint_eq(found.written, written * os_page_size);
	ck_assert_uint_eq(found.untracked, untracked * os_page_size);
}

START_TEST(test_a_mapping_that_was_replaced_is_noticed)
{
	test_init(tracking[0]);
	for (int look_first = 0; look_first < 2; look_first++) {
		struct test_pages t = test_three_pieces();
		test_write(&t, 0, 2);
		test_write(&t, TEST_PIECE, 2); /* in the same grain */
		test_write(&t, TEST_PIECE + TEST_GRAIN, 2);
		test_write(&t, 2 * TEST_PIECE + 1, 2);
		replacers[_i](test_page(&t, TEST_PIECE + 1));
		if (look_first)
			test_found(&t, DIRTY_REARM, 3, TEST_GRAIN);
		/* Whatever the first scan armed, the last one visits all. */
		test_found(&t, DIRTY_FINAL, look_first ? 0 : 3, TEST_GRAIN);
		/* The next cycle tracks it again. */
		dirty_begin();
		ck_assert(dirty_track(t.base, test_end(&t)));
		test_write(&t, TEST_PIECE, 3);
		test_write(&t, TEST_PIECE + 1, 3);
		test_found(&t, DIRTY_FINAL, 2, 0);
	}
}
END_TEST

/* A scan that failed has armed pages before it did. */
START_TEST(test_what_is_lost_stays_lost)
{
	test_init(tracking[0]);
	struct test_pages t = test_three_pieces();
	test_write(&t, TEST_PIECE, 2);
	test_map_over(test_page(&t, TEST_PIECE + 4));
	test_found(&t, DIRTY_REARM, 0, TEST_GRAIN);
	munmap(test_page(&t, TEST_PIECE + 4), 2 * os_page_size);
	test_found(&t, DIRTY_REARM, 0, TEST_GRAIN);
	test_found(&t, DIRTY_FINAL, 0, TEST_GRAIN);
}
END_TEST

START_TEST(test_what_is_lost_is_repaired)
{
	test_init(tracking[0]);
	struct test_pages t = test_three_pieces();
	test_write(&t, TEST_PIECE, 2);
	replacers[_i](test_page(&t, TEST_PIECE + 4));
	test_found(&t, DIRTY_REPAIR, TEST_GRAIN, 0);
	test_found(&t, DIRTY_REPAIR, 0, 0);
	test_write(&t, TEST_PIECE + 4, 3);
	test_write(&t, TEST_PIECE + 5, 3);
	test_write(&t, TEST_PIECE, 3);
	test_found(&t, DIRTY_REARM, 3, 0);
	test_found(&t, DIRTY_FINAL, 0, 0);
}
END_TEST

/* Others may have lost, and not yet visited, the rest of the grain. */
START_TEST(test_half_a_grain_is_not_repaired)
{
	test_init(tracking[0]);
	struct test_pages t = test_three_pieces();
	test_map_over(test_page(&t, TEST_PIECE + 4));
	struct test_pages half = t;
	half.base = (uintptr_t)test_page(&t, TEST_PIECE);
	half.npages = TEST_GRAIN / 2;
	test_found(&half, DIRTY_REPAIR, 0, TEST_GRAIN / 2);
	test_found(&t, DIRTY_REPAIR, TEST_GRAIN, 0);
	test_found(&half, DIRTY_REPAIR, 0, 0);
}
END_TEST

/* A piece need not be aligned to grains. */
START_TEST(test_a_short_piece_is_repaired)
{
	struct test_pages t = test_tracked(tracking[0], TEST_NPAGES);

	test_map_over(test_page(&t, 20));
	test_write(&t, 5, 2);
	test_write(&t, 20, 2);
	test_scan(&t, DIRTY_REPAIR);
	ck_assert_uint_eq(test_lost(&t), 0);
	test_write(&t, 21, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* Before Linux 6.13 its pages say that they are armed; they are not. */
START_TEST(test_a_moved_mapping_is_tracked_anew)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);
	void *to = mmap(NULL, test_size(&t), PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_eq(mremap((void *)t.base, test_size(&t), test_size(&t),
				 MREMAP_MAYMOVE | MREMAP_FIXED, to),
		to);
	t.base = (uintptr_t)to;
	test_write(&t, 4, 2);
	ck_assert(test_begin(&t));
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	test_write(&t, 4, 3);
	test_write(&t, 5, 3);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 2);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

START_TEST(test_unmapped_memory_is_no_error)
{
	struct test_pages t = test_tracked(tracking[0], TEST_NPAGES);

	munmap(test_page(&t, 10), 10 * os_page_size);
	test_write(&t, 30, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 1);
	munmap((void *)t.base, test_size(&t));
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 0);
	/* What is mapped there later is noticed. */
	ck_assert_ptr_eq(
		mmap((void *)t.base, 2 * os_page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		(void *)t.base);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	t.npages = 2;
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 2);
}
END_TEST

/* The program itself has a userfaultfd there. */
static int test_own_uffd(struct test_pages *t)
{
	const int fd = (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register r = {
		{t->base, test_size(t)}, UFFDIO_REGISTER_MODE_MISSING, 0};

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_API, &api), 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_REGISTER, &r), 0);
	return fd;
}

START_TEST(test_the_programs_own_userfaultfd_stays)
{
	struct test_pages t = test_pages_new(TEST_NPAGES);

	test_init(tracking[_i]);
	const int fd = test_own_uffd(&t);
	ck_assert(!test_begin(&t));
	test_write(&t, 10, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), TEST_NPAGES);
	ck_assert_uint_eq(test_lost(&t), 0);
	struct uffdio_range r = {t.base, test_size(&t)};
	ck_assert_int_eq(ioctl(fd, UFFDIO_UNREGISTER, &r), 0);
	close(fd);
	ck_assert(test_begin(&t));
}
END_TEST

/* And takes no more than its grain from the rest. */
START_TEST(test_a_range_is_tracked_as_far_as_can_be)
{
	test_init(tracking[0]);
	struct test_pages t = test_three_pieces();
	struct test_pages theirs = t;
	theirs.base = (uintptr_t)test_page(&t, TEST_PIECE + 4);
	theirs.npages = 2;
	test_map_over((char *)theirs.base);
	test_own_uffd(&theirs);
	dirty_begin();
	ck_assert(!dirty_track(t.base, test_end(&t)));
	test_write(&t, TEST_PIECE, 2);
	test_write(&t, TEST_PIECE + TEST_GRAIN, 2);
	test_found(&t, DIRTY_REPAIR, 1, TEST_GRAIN);
	test_found(&t, DIRTY_FINAL, 0, TEST_GRAIN);
}
END_TEST

/* Pages that were armed for a registration that the map knows nothing of. */
START_TEST(test_armed_pages_are_armed_again)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	dirty_untrack(t.base, test_end(&t));
	test_map_over(test_page(&t, 20)); /* a scan of it fails */
	test_write(&t, 5, 2);
	ck_assert(test_begin(&t));
	test_write(&t, 6, 2);
	test_write(&t, 20, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 2);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* A test with each of the rungs that track. */
#define ON_EACH_RUNG(tests, fn) tcase_add_loop_test(tests, fn, 0, nrungs)

/* Where nothing is tracked there is nothing to lose. */
START_TEST(test_there_are_no_rungs)
{
	os_init();
	ck_assert(dirty_init(BARRIER_AUTO) >= BARRIER_SNAPSHOT);
}
END_TEST

static void dirty_lost_suite(TCase *tests)
{
	const int nrungs = test_find_rungs(tracking);

	if (nrungs == 0) {
		UNIT_TEST(tests, test_there_are_no_rungs);
		return;
	}
	UNIT_TABLE(
		tests, test_a_mapping_that_was_replaced_is_noticed, replacers);
	UNIT_TEST(tests, test_what_is_lost_stays_lost);
	UNIT_TABLE(tests, test_what_is_lost_is_repaired, replacers);
	UNIT_TEST(tests, test_half_a_grain_is_not_repaired);
	UNIT_TEST(tests, test_a_short_piece_is_repaired);
	UNIT_TEST(tests, test_a_range_is_tracked_as_far_as_can_be);
	ON_EACH_RUNG(tests, test_a_moved_mapping_is_tracked_anew);
	UNIT_TEST(tests, test_unmapped_memory_is_no_error);
	ON_EACH_RUNG(tests, test_the_programs_own_userfaultfd_stays);
	ON_EACH_RUNG(tests, test_armed_pages_are_armed_again);
}
UNIT_MAIN("dirty_lost", dirty_lost_suite)
