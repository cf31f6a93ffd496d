/*
 * roots: every mapping of the program, from /proc/thread-self/maps.
 *
 *   private, of no file           brk, stacks, arenas, JITs', also where
 *                                 nobody may read or write them just now
 *   private, writable, of files   data segments
 *   readable, writable, shared    memory (memfd, shm) and files
 *   not                           the library's own (core/os_own.h), devices,
 *                                 code and constants of files, [vdso]
 *
 * A root need not be known to anybody: what a program has mapped for itself
 * may hold the only pointer to an object, whether it is a coroutine's stack,
 * an interpreter's heap or memory shared with another process.
 *
 * Only pages that exist are read, since reading the others would create them.
 * For private memory the page tables say which.  Shared memory is filled by
 * others too, and a child of fork does not inherit its page tables, so there
 * the kernel's cache is asked (mincore).  Of files only what this process has
 * touched is read: a data base that is mapped whole is not.  Only the process
 * itself can tell: a child starts without (gc/copymark.c).
 *
 * Everything is read through gc/peek.h: a mapping may vanish meanwhile.
 *
 * Assumes: thread-self, since /proc/self is empty once the first thread has
 *          ended and others go on.
 */
#include "gc/roots.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/bits.h"
#include "core/os.h"
#include "core/os_own.h"
#include "core/syscall.h"
#include "gc/pagemap.h"
#include "gc/peek.h"

enum {
	TEXT_SIZE = 64 << 10,  /* of maps, read at once: many whole lines */
	RANGES_FIRST = 256,    /* in a list at first; 6 KiB */
	OWN_MAX = 1024,        /* as many as os_own notes */
	COPY_SIZE = 16 << 10,  /* of a root, read at once */
	CODE_SIZE = 4 << 10,   /* of code, read at once */
	RESIDENT_PAGES = 4096, /* of shared memory, asked for at once */
};

static int maps_fd = -1;
static char *text;           /* TEXT_SIZE bytes */
static struct os_range *own; /* OWN_MAX */

bool roots_open(void)
{
	maps_fd = (int)syscall4(SYS_openat, AT_FDCWD, "/proc/thread-self/maps",
		O_RDONLY | O_CLOEXEC, 0);
	if (text == NULL)
		text = os_own_map(TEXT_SIZE);
	if (own == NULL)
		own = os_own_map(OWN_MAX * sizeof *own);
	return maps_fd >= 0 && text != NULL && own != NULL;
}

void roots_close(void)
{
	if (maps_fd >= 0)
		syscall1(SYS_close, maps_fd);
	maps_fd = -1;
}

void roots_forget(void)
{
	maps_fd = -1;
}

/* The list. */

static bool reserve(struct roots *r, size_t n)
{
	size_t capacity = r->capacity > 0 ? 2 * r->capacity : RANGES_FIRST;

	if (n <= r->capacity)
		return true;
	struct root_range *more = os_own_map(capacity * sizeof *more);
	if (more == NULL)
		return false;
	if (r->n > 0)
		memcpy(more, r->ranges, r->n * sizeof *more);
	if (r->ranges != NULL)
		os_own_unmap(r->ranges, r->capacity * sizeof *more);
	r->ranges = more;
	r->capacity = capacity;
	return true;
}

/* Adds a range behind all others. */
static bool append(struct roots *r, struct root_range range)
{
	if (!reserve(r, r->n + 1))
		return false;
	r->ranges[r->n++] = range;
	return true;
}

/* The first range that ends above addr. */
static size_t find(const struct roots *r, uintptr_t addr)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->ranges[middle].hi > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void erase(struct roots *r, size_t first, size_t end)
{
	memmove(&r->ranges[first], &r->ranges[end],
		(r->n - end) * sizeof *r->ranges);
	r->n -= end - first;
}

static bool split(struct roots *r, size_t i, uintptr_t lo, uintptr_t hi)
{
	if (!reserve(r, r->n + 1))
		return false;
	memmove(&r->ranges[i + 1], &r->ranges[i],
		(r->n - i) * sizeof *r->ranges);
	r->n++;
	r->ranges[i].hi = lo;
	r->ranges[i + 1].lo = hi;
	return true;
}

bool roots_cut(struct roots *r, uintptr_t lo, uintptr_t hi)
{
	size_t i = find(r, lo);

	if (i == r->n || r->ranges[i].lo >= hi)
		return true;
	if (r->ranges[i].lo < lo && r->ranges[i].hi > hi)
		return split(r, i, lo, hi);
	if (r->ranges[i].lo < lo)
		r->ranges[i++].hi = lo;
	size_t end = i;
	while (end < r->n && r->ranges[end].hi <= hi)
		end++;
	if (end < r->n && r->ranges[end].lo < hi)
		r->ranges[end].lo = hi;
	erase(r, i, end);
	return true;
}

bool roots_cut_stack(struct roots *r, uintptr_t lo, uintptr_t hi)
{
	size_t i = find(r, hi - 1);

	if (i == r->n || r->ranges[i].lo >= hi)
		return true;
	return roots_cut(r, lo > r->ranges[i].lo ? lo : r->ranges[i].lo, hi);
}

/* Reading the lines. */

/* One line: "55d0-55e1 rw-p 00001000 08:01 1234   /path". */
struct line {
	struct root_range range;
	const char *modes; /* four letters: rwxp */
	bool is_file;      /* has an inode */
	const char *path;  /* up to end; may be empty */
	const char *end;   /* the newline */
};

static const char *parse_hex(const char *at, uintptr_t *value)
{
	*value = 0;
	for (;; at++) {
		unsigned digit = (unsigned)*at - '0';
		if (digit > 9) {
			digit = (unsigned)*at - 'a' + 10;
			if (digit < 10 || digit > 15)
				return at;
		}
		*value = *value * 16 + digit;
	}
}

static const char *skip_field(const char *at)
{
	while (*at != ' ' && *at != '\n')
		at++;
	while (*at == ' ')
		at++;
	return at;
}

static bool starts_with(const struct line *l, const char *prefix)
{
	size_t n = strlen(prefix);

	return (size_t)(l->end - l->path) >= n &&
	       memcmp(l->path, prefix, n) == 0;
}

static struct line parse_line(const char *at, const char *end)
{
	struct line l = {.end = end};

	at = parse_hex(at, &l.range.lo);
	at = parse_hex(at + 1, &l.range.hi);
	l.modes = at + 1;
	at = skip_field(skip_field(skip_field(skip_field(at))));
	l.is_file = *at != '0';
	l.path = skip_field(at);
	return l;
}

static bool is_memory(const struct line *l)
{
	return starts_with(l, "/memfd:") || starts_with(l, "/dev/shm/") ||
	       starts_with(l, "/dev/zero") || starts_with(l, "/SYSV");
}

/* Whether the line is a root; sets its kind. */
static bool is_root(struct line *l)
{
	bool is_writable = l->modes[1] == 'w';

	if (starts_with(l, "[v")) /* [vdso] and so on */
		return false;
	l->range.kind = l->modes[2] == 'x' ? ROOT_CODE : ROOT_PRIVATE;
	if (l->modes[3] == 'p')
		return is_writable || !l->is_file;
	if (l->modes[0] != 'r')
		return false;
	l->range.kind = is_memory(l) ? ROOT_SHARED : ROOT_FILE;
	if (l->range.kind == ROOT_FILE &&
		(starts_with(l, "/dev/") || !starts_with(l, "/")))
		return false; /* a device: to read it may do something */
	return is_writable;
}

size_t roots_parse(struct roots *r, const char *lines, size_t size)
{
	const char *at = lines, *end;

	while ((end = memchr(at, '\n', size - (size_t)(at - lines))) != NULL) {
		struct line l = parse_line(at, end);
		if (is_root(&l) && !append(r, l.range))
			return SIZE_MAX;
		at = end + 1;
	}
	return (size_t)(at - lines);
}

static bool read_maps(struct roots *r)
{
	size_t have = 0;
	long n;

	if (syscall3(SYS_lseek, maps_fd, 0, SEEK_SET) != 0)
		return false;
	while ((n = syscall3(SYS_read, maps_fd, text + have,
			TEXT_SIZE - have)) > 0) {
		have += (size_t)n;
		size_t used = roots_parse(r, text, have);
		if (used > have)
			return false;
		have -= used;
		memmove(text, text + used, have);
	}
	return n == 0 && r->n > 0;
}

bool roots_read(struct roots *r)
{
	r->n = 0;
	if (!read_maps(r))
		return false;
	/* After the maps: what is ours by then was not the program's before. */
	size_t n = os_own_read(own, OWN_MAX);
	for (size_t i = 0; i < n && i < OWN_MAX; i++)
		if (!roots_cut(r, own[i].lo, own[i].hi))
			return false;
	return true;
}

/* Marking from them. */

/* The words at every address in so many bytes. */
static void mark_unaligned(struct marker *m, const char *bytes, size_t size)
{
	uintptr_t words[CODE_SIZE / sizeof(uintptr_t) + 1];

	for (size_t shift = 0; shift < sizeof *words && shift < size; shift++) {
		size_t n = (size - shift) / sizeof *words;
		memcpy(words, bytes + shift, n * sizeof *words);
		mark_roots(m, words, n);
	}
}

/*
 * Code that was made at run time holds addresses as operands of instructions,
 * where they fall: across the edges of the run too.
 */
static void mark_code(uintptr_t lo, uintptr_t hi, void *marker)
{
	char bytes[CODE_SIZE + sizeof lo];
	size_t edge = sizeof lo;
	uintptr_t at = peek(bytes, lo - edge, edge) == edge ? lo - edge : lo;

	while (at < hi) {
		size_t want = hi + edge - at;
		size_t n = peek(
			bytes, at, want < sizeof bytes ? want : sizeof bytes);
		mark_unaligned(marker, bytes, n);
		at += n > edge && n < hi - at ? n - edge : CODE_SIZE;
	}
}

static void mark_run(uintptr_t lo, uintptr_t hi, void *marker)
{
	uintptr_t words[COPY_SIZE / sizeof(uintptr_t)];

	while (lo < hi) {
		size_t want = hi - lo < COPY_SIZE ? hi - lo : COPY_SIZE;
		size_t n = align_down(peek(words, lo, want), sizeof *words);
		mark_roots(marker, words, n / sizeof *words);
		if (n == 0)
			lo += os_page_size; /* gone */
		else if (n == want && lo + n < hi)
			lo += n - sizeof *words; /* a word may lie across */
		else
			lo += n;
	}
}

/* false: the kernel does not tell of this mapping. */
static bool mark_resident(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	unsigned char resident[RESIDENT_PAGES];
	size_t npages = (hi - lo) / os_page_size;

	if (npages > RESIDENT_PAGES)
		npages = RESIDENT_PAGES;
	if (syscall3(SYS_mincore, lo, npages * os_page_size, resident) != 0)
		return false;
	for (size_t i = 0; i < npages; i++, lo += os_page_size)
		if ((resident[i] & 1) != 0)
			mark_run(lo, lo + os_page_size, m);
	return true;
}

static void mark_shared(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	size_t step = RESIDENT_PAGES * os_page_size;

	for (; lo < hi; lo += step) {
		uintptr_t end = hi - lo < step ? hi : lo + step;
		mark_resident(m, lo, end);
		/* And what was swapped out. */
		pagemap_visit_populated(lo, end, mark_run, m);
	}
}

void roots_mark_words(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	mark_run(align_down(lo, sizeof lo), hi, m);
}

void roots_mark(
	struct marker *m, enum root_kind kind, uintptr_t lo, uintptr_t hi)
{
	if (kind == ROOT_SHARED)
		mark_shared(m, lo, hi);
	else if (kind == ROOT_CODE &&
		 pagemap_visit_populated(lo, hi, mark_code, m))
		return;
	else if (!pagemap_visit_populated(lo, hi, mark_run, m))
		mark_run(lo, hi, m);
}

void roots_mark_edges(struct marker *m, uintptr_t lo, uintptr_t hi)
{
	const uintptr_t edges[] = {lo - SCAN_GRAIN, hi - SCAN_GRAIN};
	uintptr_t word;

	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
		if (peek(&word, edges[i], sizeof word) == sizeof word)
			mark_roots(m, &word, 1);
}
