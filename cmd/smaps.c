/*
 * smaps: reads /proc/PID/smaps and says what each mapping is for.
 *
 * A file's mapping is followed by its bss, which has no name: an anonymous
 * writable mapping that begins where a file's ends is taken for that.  The
 * stack of a thread other than the first is an anonymous mapping behind a
 * guard of some pages.
 *
 * Assumes:    glibc's way of making stacks, mmap with a guard below.
 */
#include "cmd/smaps.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/say.h"

enum {
	KIB = 1024,
	MAX_GUARD = 64 * KIB,     /* below a thread's stack; glibc's is 4 KiB */
	MIN_STACK = 16 * KIB,     /* PTHREAD_STACK_MIN */
	PAGEMAP_BATCH = 64 * KIB, /* entries read at once */
};

static const uint64_t PAGEMAP_PRESENT = UINT64_C(1) << 63;

static bool is_behind(const struct area *m, const struct area *before)
{
	return before != NULL && before->end == m->start;
}

static enum area_kind area_kind_of(const struct area *m,
	const struct area *before, const char *name, uint64_t inode)
{
	if (strcmp(name, "[heap]") == 0)
		return AREA_BRK;
	if (strncmp(name, "[stack", 6) == 0)
		return AREA_STACK;
	if (inode != 0 || strncmp(name, "[v", 2) == 0)
		return AREA_FILE;
	if (!is_behind(m, before))
		return AREA_ANON;
	if (before->kind == AREA_FILE && before->is_writable)
		return AREA_FILE;
	if (before->is_none && before->end - before->start <= MAX_GUARD &&
		m->is_writable && m->end - m->start >= MIN_STACK)
		return AREA_STACK;
	return AREA_ANON;
}

/* "start-end perms offset dev inode   name"; false: another line. */
static bool smaps_add_area(struct smaps *s, const char *line)
{
	struct area m = {0};
	char perms[8];
	char name[64] = "";
	uint64_t inode;

	if (sscanf(line,
		    "%" SCNx64 "-%" SCNx64 " %7s %*x %*s %" SCNu64 " %63[^\n]",
		    &m.start, &m.end, perms, &inode, name) < 4)
		return false;
	m.is_writable = perms[1] == 'w';
	m.is_none = strncmp(perms, "---", 3) == 0;
	m.kind = area_kind_of(
		&m, s->n > 0 ? &s->areas[s->n - 1] : NULL, name, inode);
	s->areas = must_grow(s->areas, s->n, &s->cap, sizeof *s->areas);
	s->areas[s->n++] = m;
	return true;
}

bool smaps_read(struct smaps *s, pid_t pid)
{
	char path[64];
	char *line = NULL;
	size_t room = 0;

	*s = (struct smaps){0};
	snprintf(path, sizeof path, "/proc/%d/smaps", pid);
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return false;
	while (getline(&line, &room, in) > 0) {
		unsigned long kib;

		if (line[0] >= 'A' && line[0] <= 'Z') {
			if (s->n > 0 &&
				sscanf(line, "Rss: %lu kB", &kib) == 1) {
				s->areas[s->n - 1].rss = kib * KIB;
				s->rss += kib * KIB;
			}
			continue;
		}
		smaps_add_area(s, line);
	}
	free(line);
	fclose(in);
	return s->rss > 0;
}

void smaps_free(struct smaps *s)
{
	free(s->areas);
	*s = (struct smaps){0};
}

uint64_t smaps_count_resident(pid_t pid, uint64_t start, uint64_t end)
{
	static uint64_t entries[PAGEMAP_BATCH];
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t npages = 0;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	for (uint64_t i = start / page; i < end / page;) {
		size_t want = end / page - i;
		if (want > PAGEMAP_BATCH)
			want = PAGEMAP_BATCH;
		const ssize_t got = pread(fd, entries, want * sizeof *entries,
			(off_t)(i * sizeof *entries));
		if (got <= 0)
			break;
		const size_t n = (size_t)got / sizeof *entries;
		for (size_t j = 0; j < n; j++)
			npages += (entries[j] & PAGEMAP_PRESENT) != 0;
		i += n;
	}
	close(fd);
	return npages * page;
}
