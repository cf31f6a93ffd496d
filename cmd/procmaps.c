/*
 * procmaps: see procmaps.h.
 *
 * Context:    one thread.
 */
#include "cmd/procmaps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

bool procmaps_parse_line(struct mapping *m, const char *line)
{
	int at = 0;
	unsigned major, minor;

	if (sscanf(line,
		    "%" SCNx64 "-%" SCNx64 " %4[rwxsp-] %" SCNx64
		    " %x:%x %" SCNu64 " %n",
		    &m->start, &m->end, m->prot, &m->offset, &major, &minor,
		    &m->inode, &at) != 7 ||
		at == 0)
		return false;
	m->path = must_format("%.*s", (int)strcspn(line + at, "\n"), line + at);
	return true;
}

void procmaps_parse(struct procmaps *maps, FILE *in)
{
	size_t cap = 0, size = 0;
	char *line = NULL;

	*maps = (struct procmaps){0};
	while (getline(&line, &size, in) > 0) {
		maps->at = must_grow(maps->at, maps->n, &cap, sizeof *maps->at);
		if (procmaps_parse_line(&maps->at[maps->n], line))
			maps->n++;
	}
	free(line);
}

bool procmaps_read(struct procmaps *maps, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *in = fopen(path, "re");
	*maps = (struct procmaps){0};
	if (in == NULL)
		return false;
	procmaps_parse(maps, in);
	bool read = ferror(in) == 0;
	fclose(in);
	return read;
}

void procmaps_free(struct procmaps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		free(maps->at[i].path);
	free(maps->at);
	*maps = (struct procmaps){0};
}

char *file_read(const char *path)
{
	char *text = NULL;
	size_t n = 0, cap = 0;

	FILE *in = fopen(path, "re");
	if (in == NULL)
		return NULL;
	for (size_t got = 1; got > 0; n += got) {
		while (cap < n + 4096)
			text = must_grow(text, cap, &cap, 1);
		got = fread(text + n, 1, cap - n - 1, in);
	}
	text[n] = '\0';
	int error = ferror(in) ? errno : 0;
	fclose(in);
	if (error != 0) {
		free(text);
		errno = error;
		return NULL;
	}
	return text;
}

char *proc_read(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	return file_read(path);
}
