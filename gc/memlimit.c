/*
 * memlimit: from /proc/self to the files that hold the limits.
 *
 *   /proc/self/cgroup     0::/a/b            version 2: no controllers named
 *                         4:memory:/a/b      version 1: one line a hierarchy
 *   /proc/self/mountinfo  31 23 0:28 /a /sys/fs/cgroup rw ... - cgroup2 ...
 *                                    root  mount point          type
 *
 * The group /a/b lies below the mount point without the mount's root: here in
 * /sys/fs/cgroup/b.  In a container the root may not be an ancestor at all;
 * then the mount point itself is the best guess, and the usual one.  From the
 * group upwards each directory has a limit or none.
 *
 * Locking:    none.
 * Context:    any: bare system calls, memory from the kernel and given back.
 */
#include "gc/memlimit.h"

#include <fcntl.h>

#include "core/fatal.h"
#include "core/os.h"
#include "core/syscall.h"
#include "core/text.h"

enum {
	BUFFER_SIZE = 1 << 20, /* more mounts than this can tell are cut off */
	PATH_SIZE = 4096,      /* the kernel's PATH_MAX */
	LIMIT_SIZE = 32,       /* bytes of a limit's file, "max" or digits */
	FIELD_ROOT = 3,        /* in a line of mountinfo, from 0 on */
	FIELD_MOUNT_POINT = 4,
};

/* Version 1 says "none" with the greatest whole number of pages. */
#define LIMIT_MAX (INT64_C(1) << 60)

/* A version of cgroups, and where its limits stand. */
struct memlimit_version {
	const char *type;     /* of the mount */
	const char *option;   /* that the mount must have, or "" */
	const char *files[2]; /* names of the limits' files, or NULL */
};

static const struct memlimit_version version1 = {
	"cgroup", "memory", {"memory.limit_in_bytes", NULL}};

/* Above memory.high the kernel slows the program down: a limit as well. */
static const struct memlimit_version version2 = {
	"cgroup2", "", {"memory.max", "memory.high"}};

/* A line of mountinfo. */
struct mount {
	struct text root;    /* what of the hierarchy is mounted */
	struct text point;   /* where */
	struct text type;    /* of the filesystem */
	struct text options; /* of the filesystem */
};

/* Whether `word` is one of the words between commas in `list`. */
static bool text_has_word(struct text list, const char *word)
{
	while (list.len > 0)
		if (text_equal(text_cut(&list, ','), text_of(word)))
			return true;
	return false;
}

static struct mount mount_parse(struct text line)
{
	struct mount m = {0};
	struct text field;

	for (int i = 0; line.len > 0; i++) {
		field = text_cut(&line, ' ');
		if (i == FIELD_ROOT)
			m.root = field;
		else if (i == FIELD_MOUNT_POINT)
			m.point = field;
		else if (i > FIELD_MOUNT_POINT &&
			 text_equal(field, text_of("-")))
			break;
	}
	m.type = text_cut(&line, ' ');
	text_cut(&line, ' '); /* its source, which says nothing */
	m.options = line;
	return m;
}

/* Whether the mount has the version's limits. */
static bool mount_is_of(const struct mount *m, const struct memlimit_version *v)
{
	return text_equal(m->type, text_of(v->type)) &&
	       (v->option[0] == '\0' || text_has_word(m->options, v->option));
}

/* Whether `group` is `root` or below it. */
static bool group_is_below(struct text group, struct text root)
{
	if (text_equal(root, text_of("/")))
		return true;
	return text_starts_with(group, root) &&
	       (group.len == root.len || group.at[root.len] == '/');
}

/*
 * The version's mount: the first that has the group, else the first at all.
 * false: there is none.
 */
static bool memlimit_find_mount(struct text mountinfo,
	const struct memlimit_version *v, struct text group,
	struct mount *found)
{
	bool is_found = false;

	while (mountinfo.len > 0) {
		struct mount m = mount_parse(text_cut(&mountinfo, '\n'));
		if (!mount_is_of(&m, v))
			continue;
		if (group_is_below(group, m.root)) {
			*found = m;
			return true;
		}
		if (!is_found)
			*found = m;
		is_found = true;
	}
	return is_found;
}

static int octal_digit(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* Appends t to path, whose "\040" and the like stand for one byte. */
static size_t path_append(char path[PATH_SIZE], size_t len, struct text t)
{
	for (size_t i = 0; i < t.len && len < PATH_SIZE - 1; i++) {
		char c = t.at[i];
		if (c == '\\' && i + 3 < t.len &&
			octal_digit(t.at[i + 1]) >= 0) {
			c = (char)(octal_digit(t.at[i + 1]) * 64 +
				   octal_digit(t.at[i + 2]) * 8 +
				   octal_digit(t.at[i + 3]));
			i += 3;
		}
		path[len++] = c;
	}
	path[len] = '\0';
	return len;
}

static int64_t min_limit(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The limit in one file, or none. */
static int64_t memlimit_read_file(
	const struct memlimit_files *files, const char *path)
{
	char buf[LIMIT_SIZE];
	const long n = files->read(files->arg, path, buf, sizeof buf);

	if (n <= 0)
		return MEMLIMIT_NONE;
	struct text rest = {buf, (size_t)n};
	const int64_t limit = text_number(text_cut(&rest, '\n'), LIMIT_MAX);
	return limit >= 0 ? limit : MEMLIMIT_NONE;
}

/* The least limit in the directory path, whose length is len. */
static int64_t memlimit_read_group(const struct memlimit_files *files,
	const struct memlimit_version *v, char path[PATH_SIZE], size_t len)
{
	int64_t least = MEMLIMIT_NONE;

	for (int i = 0; i < 2 && v->files[i] != NULL; i++) {
		format(path + len, PATH_SIZE - len, "/%s", v->files[i]);
		least = min_limit(least, memlimit_read_file(files, path));
	}
	path[len] = '\0';
	return least;
}

/* The least limit of the group and those above it. */
static int64_t memlimit_climb(const struct memlimit_files *files,
	const struct memlimit_version *v, const struct mount *m,
	struct text group)
{
	char path[PATH_SIZE];
	size_t len = path_append(path, 0, m->point);
	const size_t top = len;

	if (group_is_below(group, m->root)) {
		if (m->root.len > 1) {
			group.at += m->root.len;
			group.len -= m->root.len;
		}
		for (size_t i = 0; i < group.len && len < PATH_SIZE - 1; i++)
			path[len++] = group.at[i];
	}
	int64_t least = memlimit_read_group(files, v, path, len);
	while (len > top) {
		while (len > top && path[--len] != '/')
			continue;
		least = min_limit(
			least, memlimit_read_group(files, v, path, len));
	}
	return least;
}

/* Cuts "ID:CONTROLLERS:GROUP"; its version, or NULL: not about memory. */
static const struct memlimit_version *memlimit_parse_group(
	struct text line, struct text *group)
{
	const struct text id = text_cut(&line, ':');
	const struct text controllers = text_cut(&line, ':');

	*group = line;
	if (text_equal(id, text_of("0")))
		return &version2;
	return text_has_word(controllers, "memory") ? &version1 : NULL;
}

/* Reads a file into buf; empty if it cannot be read. */
static struct text memlimit_read_text(const struct memlimit_files *files,
	const char *path, char *buf, size_t size)
{
	const long n = files->read(files->arg, path, buf, size);

	return (struct text){buf, n > 0 ? (size_t)n : 0};
}

int64_t memlimit_find(
	const struct memlimit_files *files, char *buf, size_t size)
{
	const size_t half = size / 2;
	struct text groups =
		memlimit_read_text(files, "/proc/self/cgroup", buf, half);
	const struct text mounts = memlimit_read_text(
		files, "/proc/self/mountinfo", buf + half, half);
	int64_t least = MEMLIMIT_NONE;

	while (groups.len > 0) {
		struct text group;
		struct mount m;
		const struct memlimit_version *v =
			memlimit_parse_group(text_cut(&groups, '\n'), &group);
		if (v != NULL && memlimit_find_mount(mounts, v, group, &m))
			least = min_limit(
				least, memlimit_climb(files, v, &m, group));
	}
	return least;
}

/* A file of the kernel's, in as many reads as it takes. */
static long memlimit_read_kernel(
	void *arg, const char *path, char *buf, size_t size)
{
	size_t len = 0;
	long n = 1;

	(void)arg;
	const long fd =
		syscall4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	while (len < size && n > 0) {
		n = syscall3(SYS_read, fd, buf + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	syscall1(SYS_close, fd);
	return n < 0 ? n : (long)len;
}

int64_t memlimit_auto(void)
{
	const struct memlimit_files kernel = {memlimit_read_kernel, NULL};
	char *buf = os_map(BUFFER_SIZE);

	if (buf == NULL)
		return MEMLIMIT_NONE;
	const int64_t limit = memlimit_find(&kernel, buf, BUFFER_SIZE);
	os_unmap(buf, BUFFER_SIZE);
	return limit == MEMLIMIT_NONE ? limit : limit / 100 * MEMLIMIT_PERCENT;
}
