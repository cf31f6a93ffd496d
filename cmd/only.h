/*
 * only: the library for processes of one name.  See only.c.
 */
#ifndef CMD_ONLY_H
#define CMD_ONLY_H

#include <stdbool.h>
#include <string.h>

/* Set by goalloc run --only, read by libgoalloc-only.so. */
#define ONLY_VAR_NAME    "GOALLOC_ONLY_NAME"
#define ONLY_VAR_LIBRARY "GOALLOC_ONLY_LIBRARY"

/* Whether the file of this path is the program of that name. */
static inline bool only_is_meant(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash != NULL ? slash + 1 : path, name) == 0;
}

#endif
