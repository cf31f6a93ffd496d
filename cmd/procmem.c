/*
 * procmem: /proc/PID, read while processes come and go.
 *
 * A process may end between two reads of it.  That is no error: it counts as
 * nothing from then on.
 *
 * Assumes:    CONFIG_PROC_CHILDREN; smaps_rollup (Linux 4.14).
 */
#include "cmd/procmem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KIB = 1024 };

/* A small file of /proc, as one string; false: it cannot be read. */
static bool read_small(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t length = 0;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (length < size - 1) {
		const ssize_t n = read(fd, text + length, size - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	close(fd);
	text[length] = '\0';
	return length > 0;
}

/* The value of a line "Name:   123 kB", in bytes; 0 if it is not there. */
static uint64_t find_kib(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10) * KIB;
}

static bool read_statm(pid_t pid, struct procmem *m)
{
	char text[128];
	unsigned long size;
	unsigned long resident;

	if (!read_small(pid, "statm", text, sizeof text) ||
		sscanf(text, "%lu %lu", &size, &resident) != 2)
		return false;
	*m = (struct procmem){
		.rss = resident * (uint64_t)sysconf(_SC_PAGESIZE)};
	return resident > 0;
}

bool procmem_read(pid_t pid, struct procmem *m)
{
	char text[2048];

	if (!read_small(pid, "smaps_rollup", text, sizeof text))
		return read_statm(pid, m);
	*m = (struct procmem){
		.rss = find_kib(text, "\nRss:"),
		.pss = find_kib(text, "\nPss:"),
		.lazyfree = find_kib(text, "\nLazyFree:"),
		.huge = find_kib(text, "\nAnonHugePages:"),
		.swap = find_kib(text, "\nSwap:"),
	};
	return m->rss > 0;
}

void procmem_add(struct procmem *sum, const struct procmem *m)
{
	sum->rss += m->rss;
	sum->pss += m->pss;
	sum->lazyfree += m->lazyfree;
	sum->huge += m->huge;
	sum->swap += m->swap;
}

size_t procmem_count_maps(pid_t pid)
{
	char path[64];
	size_t n = 0;
	int c;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	if (maps == NULL)
		return 0;
	while ((c = getc_unlocked(maps)) != EOF)
		n += c == '\n';
	fclose(maps);
	return n;
}

/* The first line of maps that has one of the words in it; NULL: none. */
static char *find_map(pid_t pid, const char *const *words, size_t nwords)
{
	char path[64];
	char *line = NULL;
	size_t room = 0;
	bool is_found = false;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");
	if (maps == NULL)
		return NULL;
	while (!is_found && getline(&line, &room, maps) > 0)
		for (size_t i = 0; !is_found && i < nwords; i++)
			is_found = strstr(line, words[i]) != NULL;
	fclose(maps);
	if (is_found)
		return line;
	free(line);
	return NULL;
}

bool procmem_has_file(pid_t pid, const char *file)
{
	char *line = find_map(pid, &file, 1);

	free(line);
	return line != NULL;
}

bool procmem_find_malloc(pid_t pid, char *name, size_t size)
{
	static const char *const words[] = {"/libjemalloc", "/libtcmalloc",
		"/libmimalloc", "/libsnmalloc", "/libhardened_malloc",
		"/libgoalloc.so"};
	char *line = find_map(pid, words, sizeof words / sizeof *words);

	if (line == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	snprintf(name, size, "%s", strrchr(line, '/') + 1);
	free(line);
	return true;
}

uint64_t procmem_read_peak(pid_t pid)
{
	char text[4096];

	if (!read_small(pid, "status", text, sizeof text))
		return 0;
	return find_kib(text, "\nVmHWM:");
}

/* Appends the children of one thread. */
static size_t list_children(const char *path, pid_t *list, size_t n, size_t max)
{
	int child;

	FILE *children = fopen(path, "re");
	if (children == NULL)
		return n;
	while (n < max && fscanf(children, "%d", &child) == 1)
		list[n++] = child;
	fclose(children);
	return n;
}

/* A child belongs to the thread that made it. */
static size_t list_process(pid_t pid, pid_t *list, size_t n, size_t max)
{
	char path[320];
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *tasks = opendir(path);
	if (tasks == NULL)
		return n;
	while ((entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid,
			entry->d_name);
		n = list_children(path, list, n, max);
	}
	closedir(tasks);
	return n;
}

size_t procmem_list_tree(pid_t pid, pid_t *list, size_t max)
{
	size_t n = list_process(pid, list, 0, max);

	/* Whoever is added is looked at in turn. */
	for (size_t i = 0; i < n; i++)
		n = list_process(list[i], list, n, max);
	return n;
}
