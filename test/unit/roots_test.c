/*
 * roots_test: which lines of maps are roots, the list of ranges, and what is
 * found in real mappings of this process.
 *
 * In a drawing a letter is a page: '#' in the list, '.' not.
 */
#include "gc/roots.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "core/heap.h"
#include "core/os.h"
#include "core/os_own.h"
#include "gc/pagemap.h"
#include "gc/peek.h"
#include "test/unit/mcaches.h"
#include "test/unit/unit.h"

enum {
	TEST_PAGE = 4096,
	TEST_NPAGES = 16,
	TEST_MANY = 1000,
};

static struct roots roots;
static struct markpool pool = {.lock = LOCK_INIT(markpool)};
static struct marker marker;

/* Lines. */

static const struct {
	const char *name;
	const char *line;
	int kind; /* -1: no root */
} lines[] = {
	{"data", "1000-2000 rw-p 00001000 08:01 77 /usr/bin/x\n", ROOT_PRIVATE},
	{"bss", "1000-2000 rw-p 00000000 00:00 0 \n", ROOT_PRIVATE},
	{"brk", "1000-2000 rw-p 00000000 00:00 0    [heap]\n", ROOT_PRIVATE},
	{"stack", "1000-2000 rw-p 00000000 00:00 0 [stack]\n", ROOT_PRIVATE},
	{"named", "1000-2000 rw-p 00000000 00:00 0 [anon:x y]\n", ROOT_PRIVATE},
	{"jit_sealed", "1000-2000 r-xp 00000000 00:00 0\n", ROOT_CODE},
	{"read_only", "1000-2000 r--p 00000000 00:00 0\n", ROOT_PRIVATE},
	{"writable_code", "1000-2000 rwxp 00000000 00:00 0\n", ROOT_CODE},
	{"code", "1000-2000 r-xp 00000000 08:01 77 /usr/bin/x\n", -1},
	{"constants", "1000-2000 r--p 00000000 08:01 77 /usr/bin/x\n", -1},
	{"none", "1000-2000 ---p 00000000 00:00 0\n", ROOT_PRIVATE},
	{"write_only", "1000-2000 -w-p 00000000 00:00 0\n", ROOT_PRIVATE},
	{"vdso", "1000-2000 r-xp 00000000 00:00 0 [vdso]\n", -1},
	{"vvar", "1000-2000 r--p 00000000 00:00 0 [vvar]\n", -1},
	{"vsyscall", "1000-2000 --xp 00000000 00:00 0 [vsyscall]\n", -1},
	{"anonymous_shared",
		"1000-2000 rw-s 00000000 00:01 7 /dev/zero (deleted)\n",
		ROOT_SHARED},
	{"memfd", "1000-2000 rw-s 00000000 00:01 7 /memfd:a b (deleted)\n",
		ROOT_SHARED},
	{"shm", "1000-2000 rw-s 00000000 00:1a 7 /dev/shm/x\n", ROOT_SHARED},
	{"sysv", "1000-2000 rw-s 00000000 00:01 7 /SYSV00000000\n",
		ROOT_SHARED},
	{"shared_read_only",
		"1000-2000 r--s 00000000 00:01 7 /dev/zero (deleted)\n", -1},
	{"file", "1000-2000 rw-s 00000000 08:01 7 /var/lib/db\n", ROOT_FILE},
	{"file_read_only", "1000-2000 r--s 00000000 08:01 7 /var/lib/db\n", -1},
	{"device", "1000-2000 rw-s 00000000 00:05 7 /dev/dri/card0\n", -1},
	{"anon_inode", "1000-2000 rw-s 00000000 00:0e 7 anon_inode:[x]\n", -1},
	{"no_newline", "1000-2000 rw-p 00000000 00:00 0", -1},
};

START_TEST(test_a_line)
{
	const char *line = lines[_i].line;
	const size_t used = roots_parse(&roots, line, strlen(line));

	ck_assert_uint_eq(used, strchr(line, '\n') ? strlen(line) : 0);
	ck_assert_msg(roots.n == (lines[_i].kind >= 0), "%s: %zu roots",
		lines[_i].name, roots.n);
	if (roots.n == 0)
		return;
	ck_assert_uint_eq(roots.ranges[0].lo, 0x1000);
	ck_assert_uint_eq(roots.ranges[0].hi, 0x2000);
	ck_assert_msg((int)roots.ranges[0].kind == lines[_i].kind, "%s",
		lines[_i].name);
}
END_TEST

START_TEST(test_lines_stay_apart)
{
	static const char text[] =
		"7f0000001000-7f0000003000 rw-p 00000000 00:00 0 \n"
		"7f0000003000-7f0000004000 rw-p 00002000 08:01 9 /x\n"
		"7f0000004000-7f0000005000 rw-s 00000000 00:01 9 /memfd:x\n"
		"7f0000006000-7f0000007000 rw-p 00000000 00:00 0";

	ck_assert_uint_eq(roots_parse(&roots, text, sizeof text - 1),
		(size_t)(strrchr(text, '\n') + 1 - text));
	ck_assert_uint_eq(roots.n, 3);
	ck_assert_uint_eq(roots.ranges[0].lo, UINT64_C(0x7f0000001000));
	ck_assert_uint_eq(roots.ranges[0].hi, UINT64_C(0x7f0000003000));
	ck_assert_uint_eq(roots.ranges[2].hi, UINT64_C(0x7f0000005000));
}
END_TEST

START_TEST(test_many_lines)
{
	char line[80];

	for (unsigned i = 1; i <= TEST_MANY; i++) {
		const int n = snprintf(line, sizeof line,
			"%x000-%x000 rw-p 00000000 00:00 0\n", 2 * i,
			2 * i + 1);
		ck_assert_uint_eq(
			roots_parse(&roots, line, (size_t)n), (size_t)n);
	}
	ck_assert_uint_eq(roots.n, TEST_MANY);
	for (unsigned i = 0; i < TEST_MANY; i++)
		ck_assert_uint_eq(
			roots.ranges[i].lo, (uintptr_t)(i + 1) * 2 * TEST_PAGE);
}
END_TEST

/* Cutting. */

static const struct {
	const char *name;
	const char *before;
	int lo, hi; /* pages */
	const char *after;
} cuts[] = {
	{"nothing_there", "..##....", 4, 6, "..##...."},
	{"whole", "..##....", 2, 4, "........"},
	{"more_than_whole", "..##....", 1, 7, "........"},
	{"front", "..####..", 1, 3, "...###.."},
	{"back", "..####..", 5, 8, "..###..."},
	{"middle", "..####..", 3, 5, "..#..#.."},
	{"several", "#.##.##.", 0, 8, "........"},
	{"several_partly", "###.#.##", 1, 7, "#......#"},
	{"first_of_all", "#.#.#.#.", 0, 1, "..#.#.#."},
	{"last_of_all", "#.#.#.#.", 6, 7, "#.#.#..."},
	{"empty_list", "........", 2, 3, "........"},
};

static void test_draw(const char *drawing)
{
	char line[80];

	for (unsigned i = 0; drawing[i] != '\0'; i++) {
		if (drawing[i] != '#')
			continue;
		const int n = snprintf(line, sizeof line,
			"%x000-%x000 rw-p 0 0 0\n", i + 1, i + 2);
		roots_parse(&roots, line, (size_t)n);
	}
}

START_TEST(test_cut)
{
	char got[] = "........";

	test_draw(cuts[_i].before);
	ck_assert(roots_cut(&roots, (uintptr_t)(cuts[_i].lo + 1) * TEST_PAGE,
		(uintptr_t)(cuts[_i].hi + 1) * TEST_PAGE));
	for (size_t i = 0; i < roots.n; i++) {
		ck_assert_uint_lt(roots.ranges[i].lo, roots.ranges[i].hi);
		for (uintptr_t p = roots.ranges[i].lo; p < roots.ranges[i].hi;
			p += TEST_PAGE)
			got[p / TEST_PAGE - 1] = '#';
	}
	ck_assert_msg(
		strcmp(got, cuts[_i].after) == 0, "%s: %s", cuts[_i].name, got);
}
END_TEST

/* A stack is what its size says, but no more than its mapping. */
static const struct {
	const char *name;
	int lo, hi;     /* pages; mappings are [2, 5) and [5, 8) */
	uintptr_t left; /* pages */
} stacks[] = {
	{"whole_mapping", 5, 8, 3},
	{"size_is_a_guess", 0, 8, 3},
	{"top_of_a_mapping", 6, 8, 4},
	{"inside", 6, 7, 5},
	{"nowhere", 0, 2, 6},
};

START_TEST(test_cut_stack)
{
	static const char text[] = "3000-6000 rw-p 0 0 0\n"
				   "6000-9000 rw-p 0 0 0\n";
	uintptr_t left = 0;

	roots_parse(&roots, text, sizeof text - 1);
	ck_assert(roots_cut_stack(&roots,
		(uintptr_t)(stacks[_i].lo + 1) * TEST_PAGE,
		(uintptr_t)(stacks[_i].hi + 1) * TEST_PAGE));
	for (size_t i = 0; i < roots.n; i++)
		left += (roots.ranges[i].hi - roots.ranges[i].lo) / TEST_PAGE;
	ck_assert_msg(left == stacks[_i].left, "%s", stacks[_i].name);
}
END_TEST

/* This process. */

static struct mcache *mcache;

static void test_start_process(void)
{
	thread_self()->busy = true;
	ck_assert(heap_start());
	ck_assert(roots_open() && peek_open() && pagemap_open());
	mcache = mcache_acquire(true);
}

static const struct root_range *test_range_of(const void *p)
{
	for (size_t i = 0; i < roots.n; i++)
		if ((uintptr_t)p >= roots.ranges[i].lo &&
			(uintptr_t)p < roots.ranges[i].hi)
			return &roots.ranges[i];
	return NULL;
}

static int test_data = 1;

START_TEST(test_what_is_a_root_here)
{
	char local = 0;
	void *mine = os_own_map(TEST_PAGE);

	test_start_process();
	ck_assert(roots_read(&roots));
	ck_assert_ptr_nonnull(test_range_of(&local));
	ck_assert_ptr_nonnull(test_range_of(&test_data));
	ck_assert_ptr_null(test_range_of(mine));
	ck_assert_ptr_null(test_range_of(mcache));
	ck_assert_ptr_null(test_range_of(test_alloc(mcache, 5)));
	ck_assert_ptr_null(test_range_of((const void *)&roots_read));
	ck_assert(roots_read(&roots)); /* again, from the start */
	ck_assert_ptr_nonnull(test_range_of(&test_data));
}
END_TEST

/* Where a pointer may hide. */
static const struct test_mapping {
	const char *name;
	int flags;
	bool is_memfd;
	bool is_child; /* marked in a child, which inherits no page tables */
	bool is_sealed;
} mappings[] = {
	{"private", MAP_PRIVATE | MAP_ANONYMOUS, false, false, false},
	{"sealed", MAP_PRIVATE | MAP_ANONYMOUS, false, false, true},
	{"shared", MAP_SHARED | MAP_ANONYMOUS, false, false, false},
	{"shared_in_child", MAP_SHARED | MAP_ANONYMOUS, false, true, false},
	{"memfd", MAP_SHARED, true, false, false},
	{"memfd_private", MAP_PRIVATE, true, false, false},
};

static void *test_map(const struct test_mapping *m)
{
	int fd = -1;

	if (m->is_memfd) {
		fd = memfd_create("roots", 0);
		ck_assert_int_eq(ftruncate(fd, TEST_NPAGES * TEST_PAGE), 0);
	}
	void *p = mmap(NULL, TEST_NPAGES * TEST_PAGE, PROT_READ | PROT_WRITE,
		m->flags, fd, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	return p;
}

/* Marks from the range of p alone; the stack here knows the object too. */
static bool test_mark_from(const void *p, struct objref o)
{
	const struct root_range *r = test_range_of(p);

	if (r == NULL)
		return false;
	mark_prepare();
	marker_join(&marker, &pool);
	roots_mark(&marker, r->kind, (uintptr_t)p,
		(uintptr_t)p + TEST_NPAGES * TEST_PAGE);
	mark_drain(&marker);
	marker_leave(&marker);
	return mark_is_marked(o);
}

START_TEST(test_a_pointer_in_a_mapping)
{
	const struct test_mapping *m = &mappings[_i];

	test_start_process();
	void **p = test_map(m);
	void *object = test_alloc(mcache, 7);
	const struct objref o = test_object_at(object);
	p[3 * TEST_PAGE / sizeof *p + 5] = object;
	if (m->is_sealed)
		mprotect(p, TEST_NPAGES * TEST_PAGE, PROT_READ);
	const pid_t child = m->is_child ? fork() : 0;
	if (child != 0) {
		int status;
		waitpid(child, &status, 0);
		ck_assert_int_eq(status, 0);
		return;
	}
	if (m->is_child) { /* its own process: open anew */
		roots_forget();
		peek_forget();
		pagemap_forget();
		ck_assert(roots_open() && peek_open() && pagemap_open());
	}
	ck_assert(roots_read(&roots));
	const bool found = test_mark_from(p, o);
	if (m->is_child)
		_exit(!found);
	ck_assert_msg(found, "%s", m->name);
	if (m->is_sealed)
		return;
	p[3 * TEST_PAGE / sizeof *p + 5] = NULL;
	ck_assert_msg(!test_mark_from(p, o), "%s: cleared", m->name);
}
END_TEST

/* An operand of an instruction stands anywhere, across two pages even. */
static const size_t operands[] = {0, 1, 7, TEST_PAGE - 8, TEST_PAGE - 4,
	4 * TEST_PAGE - 1, TEST_NPAGES *TEST_PAGE - 8,
	TEST_NPAGES *TEST_PAGE - 11};

START_TEST(test_a_pointer_in_code)
{
	test_start_process();
	char *p = mmap(NULL, TEST_NPAGES * TEST_PAGE,
		PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	void *object = test_alloc(mcache, 7);
	const struct objref o = test_object_at(object);
	memset(p, 0, TEST_NPAGES * TEST_PAGE);
	ck_assert(roots_read(&roots));
	ck_assert(!test_mark_from(p, o));
	memcpy(p + operands[_i], &object, sizeof object);
	ck_assert_msg(test_mark_from(p, o), "at %zu", operands[_i]);
}
END_TEST

START_TEST(test_untouched_pages_stay_so)
{
	unsigned char resident[TEST_NPAGES];

	test_start_process();
	char *p = test_map(&mappings[0]);
	p[5 * TEST_PAGE] = 1;
	ck_assert(roots_read(&roots));
	test_mark_from(p, test_object_at(test_alloc(mcache, 7)));
	ck_assert_int_eq(mincore(p, TEST_NPAGES * TEST_PAGE, resident), 0);
	for (int i = 0; i < TEST_NPAGES; i++)
		ck_assert_int_eq(resident[i] & 1, i == 5);
}
END_TEST

START_TEST(test_a_mapping_that_vanishes)
{
	test_start_process();
	void **p = test_map(&mappings[0]);
	void *object = test_alloc(mcache, 7);
	const struct objref o = test_object_at(object);
	for (int i = 0; i < TEST_NPAGES; i++)
		p[i * TEST_PAGE / (int)sizeof *p] = NULL;
	p[(TEST_NPAGES - 1) * TEST_PAGE / (int)sizeof *p] = object;
	ck_assert(roots_read(&roots));
	ck_assert_ptr_nonnull(test_range_of(p));
	munmap((char *)p + TEST_PAGE, (TEST_NPAGES - 2) * TEST_PAGE);
	ck_assert(test_mark_from(p, o)); /* what is behind the hole counts */
	munmap(p, TEST_NPAGES * TEST_PAGE);
	ck_assert(!test_mark_from(p, o));
}
END_TEST

START_TEST(test_a_file_that_is_cut_off)
{
	char path[] = "/tmp/goalloc-roots-XXXXXX";
	const int fd = mkstemp(path);

	test_start_process();
	ck_assert_int_ge(fd, 0);
	unlink(path);
	ck_assert_int_eq(ftruncate(fd, TEST_NPAGES * TEST_PAGE), 0);
	void **p = mmap(NULL, TEST_NPAGES * TEST_PAGE, PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	void *object = test_alloc(mcache, 7);
	p[0] = p[(TEST_NPAGES - 1) * TEST_PAGE / sizeof *p] = object;
	ck_assert(roots_read(&roots));
	ck_assert(test_mark_from(p, test_object_at(object)));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert(!test_mark_from(p, test_object_at(object)));
}
END_TEST

static void roots_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_a_line, lines);
	UNIT_TEST(tests, test_lines_stay_apart);
	UNIT_TEST(tests, test_many_lines);
	UNIT_TABLE(tests, test_cut, cuts);
	UNIT_TABLE(tests, test_cut_stack, stacks);
	if (SANITIZED) /* maps of terabytes, and objects not on a stack */
		return;
	UNIT_TEST(tests, test_what_is_a_root_here);
	UNIT_TABLE(tests, test_a_pointer_in_a_mapping, mappings);
	UNIT_TABLE(tests, test_a_pointer_in_code, operands);
	UNIT_TEST(tests, test_untouched_pages_stay_so);
	UNIT_TEST(tests, test_a_mapping_that_vanishes);
	UNIT_TEST(tests, test_a_file_that_is_cut_off);
}

UNIT_MAIN("roots", roots_suite)
