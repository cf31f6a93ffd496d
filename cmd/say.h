/*
 * say: what the command tells its user when something is wrong, and how it
 * ends.  One line on stderr each, "goalloc VERB: what, which value, what to
 * do".
 */
#ifndef CMD_SAY_H
#define CMD_SAY_H

#include <stddef.h>

/* How goalloc ends. */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,  /* it could not be done, or was found wrong */
	STATUS_USAGE = 2,   /* the command line is wrong */
	STATUS_SETUP = 125, /* run: nothing was started; as env(1) */
	STATUS_NOT_RUNNABLE = 126, /* run: the command is no program */
	STATUS_NOT_FOUND = 127,    /* run: there is no such command */
};

/* The verb that messages name; "" before there is one. */
void say_set_verb(const char *verb);

/* A line that changes nothing. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A line, and the end with this status. */
_Noreturn void die(int status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The end for a wrong command line; adds where help is. */
_Noreturn void die_usage(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* Memory, zeroed, or the end. */
void *must_calloc(size_t n, size_t size);

/* Grows an array of n to hold at least one more; *cap is its room. */
void *must_grow(void *array, size_t n, size_t *cap, size_t size);

/* A formatted string that the caller frees. */
char *must_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A copy of s that the caller frees. */
char *must_copy(const char *s);

#endif
