/*
 * mappings: /proc/self/maps, and build ids out of the memory it names.
 *
 *   start-end perms offset dev inode        path
 *   55f3...000-55f3...000 r-xp 00001000 08:01 123    /usr/bin/true
 *
 * A file's first mapping holds its ELF header and notes, the one with code
 * comes later; they are told to belong together by the path.  What the header
 * says is read through process_vm_readv: another thread may unmap the file at
 * any moment, and a system call says EFAULT where a load would die.
 *
 * Locking:    none.
 */
#include "prof/mappings.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/uio.h>

#include "core/bits.h"
#include "core/os_own.h"
#include "core/syscall.h"

enum {
	FIRST_TEXT = 256 << 10, /* bytes of text in the first attempt */
	LAST_TEXT = 64 << 20,   /* 65,530 mappings need less */
	LINE_MIN = 40,          /* bytes of a line with a path */
	NOTES_MAX = 1024,       /* bytes of notes that are looked at */
};

static const char deleted[] = " (deleted)";

/* Reads the file into buf; its length, size if there is more, or -1. */
static long read_maps(char *buf, size_t size)
{
	size_t n = 0;
	long fd = syscall4(SYS_openat, AT_FDCWD, "/proc/self/maps",
		O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	while (n < size) {
		long got = syscall3(SYS_read, fd, buf + n, size - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	syscall1(SYS_close, fd);
	return (long)n;
}

/* The hexadecimal number at *at, which then stands behind it and a byte. */
static uint64_t take_hex(const char **at)
{
	uint64_t n = 0;

	for (;; ++*at) {
		char c = **at;
		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	*at += **at != '\0';
	return n;
}

static void skip_word(const char **at)
{
	while (**at != ' ' && **at != '\0')
		++*at;
	while (**at == ' ')
		++*at;
}

/* The line, which ends with 0; whether it is code of a file in *m. */
static bool parse_line(char *line, struct mapping *m)
{
	const char *at = line;

	*m = (struct mapping){0};
	m->start = take_hex(&at);
	m->end = take_hex(&at);
	bool is_code = at[0] == 'r' && at[2] == 'x';
	skip_word(&at);
	m->offset = take_hex(&at);
	skip_word(&at); /* device */
	skip_word(&at); /* inode */
	size_t length = strlen(at), tail = sizeof deleted - 1;
	m->path = at;
	if (length > tail && strcmp(at + length - tail, deleted) == 0)
		line[at - line + (ptrdiff_t)(length - tail)] = '\0';
	return is_code && (at[0] == '/' || strcmp(at, "[vdso]") == 0);
}

/* Cuts the text into lines and keeps those that are code. */
static void parse(struct mappings *m)
{
	struct mapping first = {0}, next;

	for (char *line = m->text; *line != '\0';) {
		char *end = strchr(line, '\n');
		if (end == NULL)
			break;
		*end = '\0';
		bool is_code = parse_line(line, &next);
		line = end + 1;
		if (next.offset == 0)
			first = next;
		if (!is_code)
			continue;
		if (first.path != NULL && strcmp(first.path, next.path) == 0)
			next.image = first.start;
		m->at[m->n++] = next;
	}
}

static bool peek(uintptr_t from, void *to, size_t size)
{
	struct iovec local = {to, size}, remote = {(void *)from, size};

	return syscall6(SYS_process_vm_readv, syscall0(SYS_getpid),
		       (long)&local, 1, (long)&remote, 1, 0) == (long)size;
}

/* Looks for the build id among the notes. */
static bool find_build_id(struct mapping *m, const uint8_t *notes, size_t size)
{
	ElfW(Nhdr) note;

	for (size_t at = 0; at + sizeof note <= size;) {
		memcpy(&note, notes + at, sizeof note);
		size_t name = at + sizeof note;
		size_t desc = name + align_up(note.n_namesz, 4);
		if (desc > size || note.n_descsz > size - desc)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
			memcmp(notes + name, "GNU", 4) == 0 &&
			note.n_descsz <= BUILD_ID_MAX) {
			m->build_id_bytes = note.n_descsz;
			memcpy(m->build_id, notes + desc, note.n_descsz);
			return true;
		}
		at = desc + align_up(note.n_descsz, 4);
	}
	return false;
}

static void read_build_id(struct mapping *m)
{
	ElfW(Ehdr) header;
	ElfW(Phdr) segment;
	uint8_t notes[NOTES_MAX];

	if (m->image == 0 || !peek(m->image, &header, sizeof header) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		uintptr_t at = m->image + header.e_phoff + i * sizeof segment;
		if (!peek(at, &segment, sizeof segment))
			return;
		size_t size = segment.p_filesz < sizeof notes ? segment.p_filesz
							      : sizeof notes;
		/* The notes lie in the first mapping, as they do in the file.
		 */
		if (segment.p_type == PT_NOTE &&
			peek(m->image + segment.p_offset, notes, size) &&
			find_build_id(m, notes, size))
			return;
	}
}

/* The program's own goes to the front: readers take the first for it. */
static void program_first(struct mappings *m)
{
	size_t i = mappings_find(m, getauxval(AT_ENTRY));

	if (i == m->n)
		return;
	struct mapping program = m->at[i];
	for (; i > 0; i--)
		m->at[i] = m->at[i - 1];
	m->at[0] = program;
}

static bool read_into(struct mappings *m, size_t size)
{
	size_t nlines = size / LINE_MIN;

	m->memory_bytes = size + nlines * sizeof *m->at;
	m->memory = os_own_map(m->memory_bytes);
	if (m->memory == NULL)
		return false;
	m->at = m->memory;
	m->text = (char *)(m->at + nlines);
	long n = read_maps(m->text, size - 1);
	m->text_bytes = n > 0 ? (size_t)n : 0;
	return true;
}

bool mappings_read(struct mappings *m)
{
	*m = (struct mappings){0};
	for (size_t size = FIRST_TEXT; size <= LAST_TEXT; size *= 4) {
		if (!read_into(m, size))
			return false;
		if (m->text_bytes < size - 1)
			break;
		mappings_drop(m);
	}
	if (m->text_bytes == 0) {
		mappings_drop(m);
		return false;
	}
	parse(m);
	for (size_t i = 0; i < m->n; i++)
		read_build_id(&m->at[i]);
	program_first(m);
	return true;
}

void mappings_drop(struct mappings *m)
{
	if (m->memory != NULL)
		os_own_unmap(m->memory, m->memory_bytes);
	*m = (struct mappings){0};
}

size_t mappings_find(const struct mappings *m, uintptr_t addr)
{
	for (size_t i = 0; i < m->n; i++)
		if (addr >= m->at[i].start && addr < m->at[i].end)
			return i;
	return m->n;
}
