/*
 * tasks: /proc/self/task.
 *
 * Counting is one stat(2): the directory has two links more than there are
 * threads.  Only when the count is not ours are the names read.
 *
 * The main thread stays a zombie when it has ended before the others: it is
 * counted, but never answers a signal.  Its record is ENDED and kept.
 *
 * Assumes: a thread is counted from before pthread_create returns until after
 *          tgkill(2) says ESRCH.
 */
#include "shims/tasks.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/fatal.h"
#include "core/os.h"
#include "core/syscall.h"
#include "shims/threads.h"

enum {
	LINKS_OF_EMPTY = 2,   /* of the directory without threads */
	NAMES_SIZE = 4096,    /* bytes of names read at once */
	STAT_LINE_SIZE = 128, /* the start of a line of /proc/.../stat */
	CALL_LINE_SIZE = 256, /* a line of /proc/.../syscall */
	CALL_SP = 7,          /* its fields: number, six arguments, sp, pc */
	CALL_PC = 8,
	CALL_NFIELDS = 9,
};

/* An entry of getdents64(2). */
struct kernel_dirent {
	uint64_t inode;  /* unused here */
	int64_t offset;  /* unused here */
	uint16_t length; /* bytes to the next entry */
	uint8_t type;    /* unused here */
	char name[];     /* ends with 0 */
};

static size_t count_kernel(void)
{
	struct stat s;

	if (syscall4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &s, 0) != 0)
		return SIZE_MAX;
	return s.st_nlink - LINKS_OF_EMPTY;
}

/* The record of the thread with this number, or NULL. */
static struct mutator *find_record(uint32_t tid)
{
	const size_t end = mutators_end();

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m != NULL && load_acquire(&m->tid) == tid)
			return m;
	}
	return NULL;
}

static size_t count_known(uint32_t caller)
{
	const size_t end = mutators_end();
	size_t nknown = os_thread_count();
	bool has_caller = os_thread_owns(caller);

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m == NULL)
			continue;
		const uint32_t tid = load_acquire(&m->tid);
		has_caller |= tid == caller;
		nknown += tid != 0 || load_acquire(&m->created);
	}
	return nknown + !has_caller;
}

bool tasks_all_known(uint32_t caller)
{
	/* A sanitizer has threads of its own, which must not be disturbed. */
	return SANITIZED || count_kernel() == count_known(caller);
}

static uint32_t parse_number(const char *s)
{
	uint32_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (uint32_t)(*s - '0');
	return n;
}

/* Those among the names that are unknown get a record; SIZE_MAX: no memory. */
static size_t add_unknown(const char *names, size_t size, uint32_t caller)
{
	size_t nadded = 0;

	for (size_t at = 0; at < size;) {
		const struct kernel_dirent *e =
			(const struct kernel_dirent *)(names + at);
		const uint32_t tid = parse_number(e->name);
		at += e->length;
		if (tid == 0 || tid == caller || os_thread_owns(tid) ||
			find_record(tid) != NULL)
			continue;
		if (mutator_new_foreign(tid) == NULL)
			return SIZE_MAX;
		nadded++;
	}
	return nadded;
}

size_t tasks_find_unknown(uint32_t caller)
{
	char names[NAMES_SIZE] ALIGNED(8);
	size_t nadded = 0;
	long size;

	const long fd = syscall4(SYS_openat, AT_FDCWD, "/proc/self/task",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return SIZE_MAX;
	while ((size = syscall3(SYS_getdents64, fd, names, sizeof names)) > 0) {
		const size_t n = add_unknown(names, (size_t)size, caller);
		nadded = n == SIZE_MAX ? SIZE_MAX : nadded + n;
		if (n == SIZE_MAX)
			break;
	}
	syscall1(SYS_close, fd);
	return size < 0 ? SIZE_MAX : nadded;
}

/* The start of a file about the thread, with a final 0; bytes, 0: none. */
static size_t read_about(uint32_t tid, const char *file, char *buf, size_t size)
{
	format(buf, size, "/proc/self/task/%u/%s", tid, file);
	const long fd =
		syscall4(SYS_openat, AT_FDCWD, buf, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	const long n = syscall3(SYS_read, fd, buf, size - 1);
	syscall1(SYS_close, fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* The letter of the thread's state in the kernel, 'X' when it has gone. */
static char kernel_state(uint32_t tid)
{
	char line[STAT_LINE_SIZE];
	size_t n = read_about(tid, "stat", line, sizeof line);

	/* "number (name) state ...": the name may contain anything. */
	for (size_t i = n; i > 2; i--)
		if (line[i - 2] == ')')
			return line[i];
	return n == 0 ? 'X' : '?';
}

static uintptr_t parse_hex(const char *s)
{
	uintptr_t n = 0;

	for (s += 2;; s++) {
		if (*s >= '0' && *s <= '9')
			n = n << 4 | (uintptr_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			n = n << 4 | (uintptr_t)(*s - 'a' + 10);
		else
			return n;
	}
}

void tasks_note_call(struct mutator *m)
{
	char line[CALL_LINE_SIZE];
	const char *field[CALL_NFIELDS] = {line};
	size_t nfields = 1;

	/* "number argument... sp pc", or "running". */
	const size_t n =
		read_about(load_relaxed(&m->tid), "syscall", line, sizeof line);
	for (size_t i = 0; i < n && nfields < CALL_NFIELDS; i++)
		if (line[i] == ' ')
			field[nfields++] = &line[i + 1];
	if (nfields < CALL_NFIELDS) {
		m->call_place = (struct machine_place){0, 0};
		return;
	}
	m->call_number = parse_number(field[0]);
	m->call_place = (struct machine_place){
		parse_hex(field[CALL_PC]), parse_hex(field[CALL_SP])};
}

void tasks_end_zombies(void)
{
	const size_t end = mutators_end();

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m == NULL || mutator_is_stopped(m))
			continue;
		const uint32_t tid = load_acquire(&m->tid);
		const char state = kernel_state(tid);
		if (state == 'Z' || state == 'X')
			mutator_try_end(m, tid);
	}
}
