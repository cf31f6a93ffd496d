/*
 * dirty_test: what the program writes while pages are tracked is visited, on
 * every rung; where the kernel loses track, all is.
 *
 * Rungs that this machine lacks are forced as well: the next one must do.
 */
#include <sys/uio.h>

#include "test/unit/dirty_pages.h"

/* The rungs that track, as far as this machine has them. */
static enum barrier tracking[2];

enum { TEST_NPAGES = 64 };

/* Takes the rung, or one below. */
static void test_init(enum barrier wanted)
{
	os_init();
	ck_assert_int_ge(dirty_init(wanted), wanted);
}

/* ---- One thread ------------------------------------------------------- */

START_TEST(test_a_write_is_visited_once)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	ck_assert(dirty_can_rearm());
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	test_write(&t, 7, 2);
	test_write(&t, 8, 2);
	test_write(&t, 63, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 3);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	test_write(&t, 8, 3);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 1);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 1); /* not armed again */
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

START_TEST(test_a_scan_keeps_to_its_range)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);
	const uintptr_t middle = t.base + 8 * os_page_size;

	test_write(&t, 7, 2);
	test_write(&t, 8, 2);
	const struct dirty_found found =
		dirty_scan(t.base, middle, DIRTY_REARM, test_visit, &t);
	ck_assert_uint_eq(found.written, os_page_size);
	ck_assert_uint_eq(found.untracked, 0);
	ck_assert_uint_eq(test_lost(&t), 1);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

START_TEST(test_a_new_cycle_begins_clean)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	test_write(&t, 3, 2);
	ck_assert(test_begin(&t));
	test_write(&t, 4, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* The kernel writes for the program, in each way it has. */
static void test_write_by_read(struct test_pages *t, size_t page)
{
	const int fd = open("/proc/self/exe", O_RDONLY);

	ck_assert_int_eq(pread(fd, test_page(t, page), 100, 0), 100);
	close(fd);
}

static void test_write_by_vm_writev(struct test_pages *t, size_t page)
{
	static char data[] = "by process_vm_writev";
	struct iovec from = {data, sizeof(data)};
	struct iovec to = {test_page(t, page), sizeof(data)};

	ck_assert_int_eq(
		process_vm_writev(getpid(), &from, 1, &to, 1, 0), sizeof(data));
}

static void test_write_by_proc_mem(struct test_pages *t, size_t page)
{
	const int fd = open("/proc/self/mem", O_RDWR);

	ck_assert_int_eq(
		pwrite(fd, "by mem", 6, (off_t)(uintptr_t)test_page(t, page)),
		6);
	close(fd);
}

static void test_write_by_vfork_child(struct test_pages *t, size_t page)
{
	const pid_t child = vfork();

	if (child == 0) {
		test_write(t, page, 99);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(test_writes_of_the_kernel_are_visited)
{
	static void (*const writers[])(struct test_pages *, size_t) = {
		test_write_by_read, test_write_by_vm_writev,
		test_write_by_proc_mem, test_write_by_vfork_child};
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	/* The last one is fork under the sanitizers. */
	for (size_t i = 0; i < UNIT_COUNT(writers) - SANITIZED; i++) {
		writers[i](&t, 10 * i);
		ck_assert_uint_eq(test_lost(&t), 1);
		ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 1);
		ck_assert_uint_eq(test_lost(&t), 0);
	}
}
END_TEST

static char test_data[16 * 4096] ALIGNED(4096) = {1};

START_TEST(test_data_segments_are_tracked)
{
	struct test_pages t =
		test_pages_at(test_data, sizeof(test_data) / 4096);

	test_init(tracking[_i]);
	ck_assert(test_begin(&t));
	test_write(&t, 5, 2); /* until then the file's page */
	test_write(&t, 0, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 2);
	test_write(&t, 5, 3);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* ---- What the program does to its mappings ---------------------------- */

START_TEST(test_dropped_pages_are_tracked_on)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	ck_assert_int_eq(
		madvise(test_page(&t, 4), 4 * os_page_size, MADV_DONTNEED), 0);
	ck_assert_int_eq(*(char *)test_page(&t, 4), 0);
	test_write(&t, 5, 2);
	test_write(&t, 6, 2);
	test_scan(&t, DIRTY_REARM);
	/* What nobody wrote since is zero, and nothing to read. */
	for (size_t page = 4; page < 8; page++)
		if (*(char *)test_page(&t, page) == 0)
			test_read_page(&t, page);
	ck_assert_uint_eq(test_lost(&t), 0);
	test_write(&t, 7, 2);
	test_write(&t, 5, 3);
	test_scan(&t, DIRTY_FINAL);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

START_TEST(test_protection_may_change)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);
	void *p = (void *)t.base;

	ck_assert_int_eq(mprotect(p, test_size(&t), PROT_NONE), 0);
	ck_assert_int_eq(mprotect(p, test_size(&t), PROT_READ | PROT_WRITE), 0);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	test_write(&t, 9, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* As the heap grows: reserved, tracked, made ready later. */
START_TEST(test_reserved_memory_is_tracked)
{
	const size_t size = UINT64_C(1) << 34;
	char *p = mmap(NULL, size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *ready = p + (UINT64_C(5) << 30);
	struct test_pages t = test_pages_at(ready, TEST_NPAGES);

	test_init(tracking[_i]);
	dirty_begin();
	ck_assert(dirty_track((uintptr_t)p, (uintptr_t)p + size));
	mprotect(ready, test_size(&t), PROT_READ | PROT_WRITE);
	test_write(&t, 1, 1);
	test_write(&t, 3, 1);
	const struct dirty_found found = dirty_scan(
		(uintptr_t)p, (uintptr_t)p + size, DIRTY_REARM, test_visit, &t);
	ck_assert_uint_eq(found.written, 2 * os_page_size);
	ck_assert_uint_eq(found.untracked, 0);
	test_write(&t, 2, 1);
	/* Page 0 is a hole too short to be worth finding out. */
	ck_assert_uint_le(test_scan(&t, DIRTY_FINAL), 2);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

START_TEST(test_untracked_memory_is_visited_whole)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);

	dirty_untrack(
		(uintptr_t)test_page(&t, 8), (uintptr_t)test_page(&t, 12));
	test_write(&t, 9, 2);
	test_write(&t, 20, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 1);
	ck_assert_uint_eq(test_lost(&t), 1);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), 4);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

enum { TEST_GUARD_INSTALL = 102 /* MADV_GUARD_INSTALL, Linux 6.13 */ };

/* Visiting it would be a fault; that it is one must stay so. */
START_TEST(test_guard_pages_are_not_visited)
{
	struct test_pages t = test_tracked(tracking[_i], TEST_NPAGES);
	void *guard = test_page(&t, 8);

	if (madvise(guard, os_page_size, TEST_GUARD_INSTALL) != 0)
		ck_assert_int_eq(mprotect(guard, os_page_size, PROT_NONE), 0);
	test_write(&t, 7, 2);
	test_write(&t, 9, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 2);
	dirty_begin();
	ck_assert(dirty_track(t.base, test_end(&t)));
	ck_assert_int_eq(
		process_vm_readv(getpid(), &(struct iovec){t.shadow, 1}, 1,
			&(struct iovec){guard, 1}, 1, 0),
		-1);
}
END_TEST

START_TEST(test_locked_memory_is_tracked)
{
	struct test_pages t = test_pages_new(4);

	test_init(tracking[_i]);
	ck_assert_int_eq(mlock((void *)t.base, test_size(&t)), 0);
	ck_assert(test_begin(&t));
	test_write(&t, 2, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 1);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* The last rung has no idea, so everything is visited, at the end only. */
START_TEST(test_without_a_barrier_all_is_visited)
{
	os_init();
	ck_assert_int_eq(dirty_init(BARRIER_STW), BARRIER_STW);
	ck_assert(!dirty_can_rearm());
	struct test_pages t = test_pages_new(TEST_NPAGES);
	ck_assert(!test_begin(&t));
	test_write(&t, 5, 2);
	ck_assert_uint_eq(test_scan(&t, DIRTY_REARM), 0);
	ck_assert_uint_eq(test_scan(&t, DIRTY_FINAL), TEST_NPAGES);
	ck_assert_uint_eq(test_lost(&t), 0);
}
END_TEST

/* A test with each of the rungs that track. */
#define ON_EACH_RUNG(tests, fn) tcase_add_loop_test(tests, fn, 0, nrungs)

static void dirty_suite(TCase *tests)
{
	const int nrungs = test_find_rungs(tracking);

	UNIT_TEST(tests, test_without_a_barrier_all_is_visited);
	ON_EACH_RUNG(tests, test_a_write_is_visited_once);
	ON_EACH_RUNG(tests, test_a_scan_keeps_to_its_range);
	ON_EACH_RUNG(tests, test_a_new_cycle_begins_clean);
	ON_EACH_RUNG(tests, test_writes_of_the_kernel_are_visited);
	ON_EACH_RUNG(tests, test_data_segments_are_tracked);
	ON_EACH_RUNG(tests, test_dropped_pages_are_tracked_on);
	ON_EACH_RUNG(tests, test_protection_may_change);
	ON_EACH_RUNG(tests, test_reserved_memory_is_tracked);
	ON_EACH_RUNG(tests, test_untracked_memory_is_visited_whole);
	ON_EACH_RUNG(tests, test_guard_pages_are_not_visited);
	ON_EACH_RUNG(tests, test_locked_memory_is_tracked);
}
UNIT_MAIN("dirty", dirty_suite)
