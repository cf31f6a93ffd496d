/*
 * procmaps: the mappings of a process, from /proc/PID/maps.
 */
#ifndef CMD_PROCMAPS_H
#define CMD_PROCMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* One line of it. */
struct mapping {
	uint64_t start;  /* first address */
	uint64_t end;    /* one past the last */
	uint64_t offset; /* in the file */
	char prot[5];    /* "rw-p" */
	uint64_t inode;  /* 0: no file */
	char *path;      /* file or [name]; "" if it has none */
};

/* All of them, in order of address. */
struct procmaps {
	struct mapping *at;
	size_t n;
};

/* Reads a process's mappings.  false: errno says why. */
bool procmaps_read(struct procmaps *maps, pid_t pid);

/* Reads the same form from any file, up to its end; other lines are left. */
void procmaps_parse(struct procmaps *maps, FILE *in);

/* Reads one line; false: it is none. */
bool procmaps_parse_line(struct mapping *m, const char *line);

/* Gives the memory back. */
void procmaps_free(struct procmaps *maps);

/* A whole file as text, which the caller frees; NULL: errno says why. */
char *file_read(const char *path);

/* Text of one file below /proc/PID, which the caller frees; NULL: errno. */
char *proc_read(pid_t pid, const char *name);

#endif
