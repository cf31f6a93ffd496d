/*
 * memlimit_test: systems drawn as the files that the process sees.
 */
#include "gc/memlimit.h"
#include "test/unit/unit.h"

#define MIB ((int64_t)1 << 20)

enum {
	NFILES = 8,
	WORK_SIZE = 8192, /* for the two files of /proc/self */
};

/* A file of the drawn system. */
struct file {
	const char *path;
	const char *text;
};

#define V2_MOUNT                                                               \
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"                      \
	"31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "    \
	"rw,nsdelegate\n"

#define V1_MOUNTS                                                              \
	"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"           \
	"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"          \
	"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"    \
	"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"

static const struct {
	const char *name;
	const char *cgroup;    /* /proc/self/cgroup */
	const char *mountinfo; /* /proc/self/mountinfo */
	struct file files[NFILES];
	int64_t wanted;
} cases[] = {
	{"no_cgroups", "", "", {{0}}, MEMLIMIT_NONE},
	{"no_mount", "0::/a\n", "22 27 0:21 / /proc rw - proc proc rw\n",
		{{"/sys/fs/cgroup/a/memory.max", "1048576\n"}}, MEMLIMIT_NONE},
	{"v2_own_group", "0::/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "536870912\n"}}, 512 * MIB},
	{"v2_max_is_none", "0::/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "max\n"}}, MEMLIMIT_NONE},
	{"v2_parent_is_less", "0::/a/b/c\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/b/c/memory.max", "max\n"},
			{"/sys/fs/cgroup/a/b/memory.max", "314572800\n"},
			{"/sys/fs/cgroup/a/memory.max", "104857600\n"}},
		100 * MIB},
	{"v2_parent_is_more", "0::/a/b\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/b/memory.max", "104857600\n"},
			{"/sys/fs/cgroup/a/memory.max", "314572800\n"}},
		100 * MIB},
	{"v2_root_of_a_namespace", "0::/\n", V2_MOUNT,
		{{"/sys/fs/cgroup/memory.max", "104857600\n"}}, 100 * MIB},
	{"v2_high_is_less_than_max", "0::/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "314572800\n"},
			{"/sys/fs/cgroup/a/memory.high", "209715200\n"}},
		200 * MIB},
	{"v2_not_above_the_mount", "0::/a\n",
		"31 23 0:28 / /cg/x rw - cgroup2 cgroup2 rw\n",
		{{"/cg/memory.max", "1048576\n"}, {"/memory.max", "1048576\n"},
			{"/cg/x/memory.max", "2097152\n"}},
		2 * MIB},
	{"v2_other_groups_do_not_count", "0::/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/b/memory.max", "1048576\n"},
			{"/sys/fs/cgroup/a/b/memory.max", "1048576\n"}},
		MEMLIMIT_NONE},
	{"container_sees_its_part", "0::/docker/77\n",
		"31 23 0:28 /docker/77 /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
		{{"/sys/fs/cgroup/memory.max", "104857600\n"}}, 100 * MIB},
	{"container_group_below_its_part", "0::/docker/77/app\n",
		"31 23 0:28 /docker/77 /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
		{{"/sys/fs/cgroup/app/memory.max", "104857600\n"},
			{"/sys/fs/cgroup/memory.max", "max\n"}},
		100 * MIB},
	{"root_is_no_prefix_by_half_a_name", "0::/docker/777\n",
		"31 23 0:28 /docker/77 /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
		{{"/sys/fs/cgroup7/memory.max", "1048576\n"},
			{"/sys/fs/cgroup/memory.max", "104857600\n"}},
		100 * MIB},
	{"group_outside_the_namespace", "0::/../other\n",
		"31 23 0:28 /docker/77 /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
		{{"/sys/fs/cgroup/memory.max", "104857600\n"}}, 100 * MIB},
	{"mount_that_has_the_group_wins", "0::/b/c\n",
		"31 23 0:28 /a /cg/a rw - cgroup2 cgroup2 rw\n"
		"32 23 0:28 /b /cg/b rw - cgroup2 cgroup2 rw\n",
		{{"/cg/a/memory.max", "1048576\n"},
			{"/cg/b/c/memory.max", "104857600\n"}},
		100 * MIB},
	{"first_mount_counts_if_none_has_the_group", "0::/c\n",
		"31 23 0:28 /a /cg/a rw - cgroup2 cgroup2 rw\n"
		"32 23 0:28 /b /cg/b rw - cgroup2 cgroup2 rw\n",
		{{"/cg/a/memory.max", "104857600\n"},
			{"/cg/b/memory.max", "1048576\n"}},
		100 * MIB},
	{"named_hierarchy_is_not_version_2", "1:name=systemd:/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "1048576\n"}}, MEMLIMIT_NONE},
	{"v1_own_group", "9:cpu:/x\n4:memory:/a/b\n", V1_MOUNTS,
		{{"/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
			 "104857600\n"},
			{"/sys/fs/cgroup/cpu/x/memory.limit_in_bytes",
				"1048576\n"}},
		100 * MIB},
	{"v1_controllers_together", "4:cpuset,memory,pids:/a\n",
		"35 31 0:32 / /cg/m rw - cgroup cgroup rw,cpuset,memory,pids\n",
		{{"/cg/m/a/memory.limit_in_bytes", "104857600\n"}}, 100 * MIB},
	{"v1_none_is_a_great_number", "4:memory:/a\n", V1_MOUNTS,
		{{"/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
			"9223372036854771712\n"}},
		MEMLIMIT_NONE},
	{"v1_parent_is_less", "4:memory:/a/b\n", V1_MOUNTS,
		{{"/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
			 "9223372036854771712\n"},
			{"/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
				"104857600\n"}},
		100 * MIB},
	{"both_versions", "4:memory:/a\n0::/b\n", V1_MOUNTS,
		{{"/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
			 "209715200\n"},
			{"/sys/fs/cgroup/unified/b/memory.max", "104857600\n"}},
		100 * MIB},
	{"memory_is_a_whole_word", "4:memoryx:/a\n5:xmemory:/a\n", V1_MOUNTS,
		{{"/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
			"1048576\n"}},
		MEMLIMIT_NONE},
	{"colons_in_a_name", "0::/a:b:c\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a:b:c/memory.max", "104857600\n"}},
		100 * MIB},
	{"space_in_the_mount_point", "0::/a\n",
		"31 23 0:28 / /my\\040cg rw - cgroup2 cgroup2 rw\n",
		{{"/my cg/a/memory.max", "104857600\n"}}, 100 * MIB},
	{"optional_fields", "0::/a\n",
		"31 23 0:28 / /cg rw master:1 shared:2 unbindable - cgroup2 c "
		"rw\n",
		{{"/cg/a/memory.max", "104857600\n"}}, 100 * MIB},
	{"no_final_newline", "0::/a", "31 23 0:28 / /cg rw - cgroup2 c rw",
		{{"/cg/a/memory.max", "104857600"}}, 100 * MIB},
	{"deleted_group", "0::/a/gone (deleted)\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "104857600\n"}}, 100 * MIB},
	{"nonsense_is_none", "0::/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "12 apples\n"},
			{"/sys/fs/cgroup/memory.max", "\n"}},
		MEMLIMIT_NONE},
	{"broken_lines", "\n:\n0\n0:\n0::\n4:memory\nx::/a\n",
		"\n1\n1 2 3 4\n- cgroup2\n1 2 3 / /cg rw -\n", {{0}},
		MEMLIMIT_NONE},
	{"zero_is_a_limit", "0::/a\n", V2_MOUNT,
		{{"/sys/fs/cgroup/a/memory.max", "0\n"}}, 0},
};

/* The files of case *arg. */
static long read_drawn(void *arg, const char *path, char *buf, size_t size)
{
	const int i = *(const int *)arg;
	const char *text = NULL;

	if (strcmp(path, "/proc/self/cgroup") == 0)
		text = cases[i].cgroup;
	if (strcmp(path, "/proc/self/mountinfo") == 0)
		text = cases[i].mountinfo;
	for (int f = 0; f < NFILES && cases[i].files[f].path != NULL; f++)
		if (strcmp(path, cases[i].files[f].path) == 0)
			text = cases[i].files[f].text;
	if (text == NULL)
		return -2;
	size_t len = strlen(text);
	len = len < size ? len : size;
	memcpy(buf, text, len);
	return (long)len;
}

START_TEST(test_least_limit)
{
	const struct memlimit_files files = {read_drawn, &_i};
	char work[WORK_SIZE];
	const int64_t got = memlimit_find(&files, work, sizeof work);

	ck_assert_msg(got == cases[_i].wanted, "%s: %lld, not %lld",
		cases[_i].name, (long long)got, (long long)cases[_i].wanted);
}
END_TEST

/* Files that do not fit are cut, and nothing is read beyond the cut. */
START_TEST(test_any_size_of_work_space)
{
	const struct memlimit_files files = {read_drawn, &_i};

	for (size_t size = 0; size < 512; size++) {
		char *work = malloc(size + 1);
		memset(work, '#', size + 1);
		const int64_t got = memlimit_find(&files, work, size);
		ck_assert_int_ge(got, 0);
		ck_assert_int_eq(work[size], '#');
		free(work);
	}
}
END_TEST

/* A path of 4096 bytes and more is cut, not overrun. */
static long read_deep(void *arg, const char *path, char *buf, size_t size)
{
	(void)arg;
	ck_assert_uint_lt(strlen(path), 4096);
	if (strcmp(path, "/proc/self/cgroup") == 0) {
		memcpy(buf, "0::", 3);
		for (size_t i = 3; i < size; i++)
			buf[i] = i % 2 == 1 ? '/' : 'd';
		return (long)size;
	}
	if (strcmp(path, "/proc/self/mountinfo") == 0)
		return read_drawn(&(int){2}, path, buf, size);
	if (strcmp(path, "/sys/fs/cgroup/d/memory.max") == 0) {
		memcpy(buf, "4096", 4);
		return 4;
	}
	return -2;
}

START_TEST(test_deep_hierarchy)
{
	const struct memlimit_files files = {read_deep, NULL};
	char work[3 * WORK_SIZE];

	ck_assert_int_eq(memlimit_find(&files, work, sizeof work), 4096);
}
END_TEST

/* The machine's own: whatever it is, it is a limit or none. */
START_TEST(test_of_this_process)
{
	const int64_t limit = memlimit_auto();

	ck_assert_int_gt(limit, 0);
	ck_assert(limit == MEMLIMIT_NONE || limit <= INT64_C(1) << 60);
}
END_TEST

static void memlimit_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_least_limit, cases);
	UNIT_TABLE(tests, test_any_size_of_work_space, cases);
	UNIT_TEST(tests, test_deep_hierarchy);
	UNIT_TEST(tests, test_of_this_process);
}
UNIT_MAIN("memlimit", memlimit_suite)
