/*
 * unforked: what a snapshot (gc/snapshot.h) has to leave to the parent.
 *
 *   7f0012340000-7f0012350000 rw-p 00000000 00:00 0      a mapping
 *   Size:                 64 kB
 *   ...
 *   VmFlags: rd wr mr mw me dc ac                        its last line
 *
 * Only /proc/self/smaps has the flags.  The kernel walks the page tables for
 * its other lines, so this is read beside the program, before it is stopped.
 */
#include "gc/unforked.h"

#include <fcntl.h>

#include "core/os.h"
#include "core/os_own.h"
#include "core/syscall.h"

enum { BUFFER_SIZE = 64 << 10 /* a line is shorter: a path has 4096 bytes */ };

/* The hexadecimal number at *p, which then points behind it. */
static uintptr_t parse_hex(const char **p, const char *end)
{
	uintptr_t value = 0;

	for (; *p < end; (*p)++) {
		const char c = **p;
		if (c >= '0' && c <= '9')
			value = value * 16 + (uintptr_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (uintptr_t)(c - 'a' + 10);
		else
			break;
	}
	return value;
}

/* Whether the words behind the colon have one of the two that count. */
static bool has_flag(const char *p, const char *end)
{
	for (; p + 3 <= end; p++)
		if (p[0] == ' ' && ((p[1] == 'd' && p[2] == 'c') ||
					   (p[1] == 'w' && p[2] == 'f')))
			return true;
	return false;
}

static void parse_line(struct unforked *u, const char *p, const char *end)
{
	static const char flags[] = "VmFlags:";
	const size_t length = sizeof(flags) - 1;
	const char *at = p;

	if ((size_t)(end - p) > length &&
		__builtin_memcmp(p, flags, length) == 0) {
		if (has_flag(p + length, end))
			u->visit(u->lo, u->hi, u->arg);
		return;
	}
	/* Names of other lines end with a colon: no address has one. */
	const uintptr_t lo = parse_hex(&at, end);
	if (at == p || at == end || *at != '-')
		return;
	at++;
	u->lo = lo;
	u->hi = parse_hex(&at, end);
}

size_t unforked_parse(struct unforked *u, const char *text, size_t size)
{
	size_t begin = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\n')
			continue;
		parse_line(u, text + begin, text + i);
		begin = i + 1;
	}
	return begin;
}

/* Reads all of the file; false: an error, or a line longer than the buffer. */
static bool read_all(long fd, char *buffer, struct unforked *u)
{
	size_t kept = 0;

	for (;;) {
		const long n = syscall3(
			SYS_read, fd, buffer + kept, BUFFER_SIZE - kept);
		if (n <= 0)
			return n == 0 && kept == 0;
		const size_t size = kept + (size_t)n;
		const size_t parsed = unforked_parse(u, buffer, size);
		kept = size - parsed;
		if (kept == BUFFER_SIZE)
			return false;
		__builtin_memmove(buffer, buffer + parsed, kept);
	}
}

bool unforked_visit(unforked_visit_fn *visit, void *arg)
{
	struct unforked u = {visit, arg, 0, 0};
	char *buffer = os_own_map(BUFFER_SIZE);

	if (buffer == NULL)
		return false;
	const long fd = syscall4(SYS_openat, AT_FDCWD,
		"/proc/thread-self/smaps", O_RDONLY | O_CLOEXEC, 0);
	const bool all = fd >= 0 && read_all(fd, buffer, &u);
	if (fd >= 0)
		syscall1(SYS_close, fd);
	os_own_unmap(buffer, BUFFER_SIZE);
	return all;
}
