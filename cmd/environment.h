/*
 * environment: the variables that put a program under the library.
 */
#ifndef CMD_ENVIRONMENT_H
#define CMD_ENVIRONMENT_H

/* What a command is to run under.  NULL: as it is. */
struct environment {
	const char *library;  /* path; NULL: the one of this command */
	const char *name;     /* which of those; NULL: libgoalloc.so */
	const char *gogc;     /* GOGC's value */
	const char *memlimit; /* GOMEMLIMIT's value */
	const char *free;     /* GOALLOC=free's value */
	const char *profile;  /* where heap profiles are written */
	const char *only;     /* name of the one program that is meant */
};

/* Checks the values and sets the variables; ends if one is wrong. */
void environment_set(const struct environment *e, const char *command);

/* Adds "key=value" to the GOALLOC variable. */
void environment_add_option(const char *key, const char *value);

/* Sets the mean bytes between two samples; ends unless it is 1 or more. */
void environment_set_rate(const char *value);

/*
 * Becomes the command, found along PATH.  Ends with 126 or 127 if it cannot,
 * says so if the library will not reach it.
 */
_Noreturn void environment_exec(char **command);

#endif
