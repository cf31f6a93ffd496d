/*
 * locate: where the library is that belongs to this command.
 */
#ifndef CMD_LOCATE_H
#define CMD_LOCATE_H

#include <stdbool.h>

/*
 * The absolute path of a library of this name: beside the command (the build
 * tree), or in the lib folder of the place where it is installed.  NULL: there
 * is none.
 */
char *locate_try_library(const char *name);

/* The same; ends with STATUS_SETUP where there is none. */
char *locate_library(const char *name);

/* What became of a command that was looked for. */
enum locate_result {
	LOCATE_FOUND,
	LOCATE_NOT_FOUND,    /* no such file along PATH */
	LOCATE_NOT_RUNNABLE, /* it is no file that may be executed */
};

/* The file that execvp would run for this word, into *path. */
enum locate_result locate_command(const char *word, char **path);

/* How a program takes a preload. */
enum locate_kind {
	LOCATE_DYNAMIC, /* it does, or is a script: ask its interpreter */
	LOCATE_STATIC,  /* it has no dynamic loader */
	LOCATE_SECURE, /* setuid, setgid or with capabilities: loader refuses */
	LOCATE_FOREIGN, /* for another machine or word size */
};

/* Looks at the file itself. */
enum locate_kind locate_program_kind(const char *path);

#endif
